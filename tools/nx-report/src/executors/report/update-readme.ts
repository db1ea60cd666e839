import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { hasReadmeMarker, renderReadmeBlock, replaceFiles, replaceReadmeBlock } from '@tare/report';
import type { ReportModel } from '@tare/report';

/**
 * Puts the results of a run between the markers of a README. A README that was not named is left alone unless it has
 * the markers; one that was named gets them at its end.
 * @param option a path from the root, true for README.md, false for none, undefined for the default.
 * @returns absolute path of the README; undefined when none was to be changed.
 * @throws Error in one line when the named file is missing or cannot be written, or its markers do not pair.
 */
export async function updateReadme(
  root: string,
  option: string | boolean | undefined,
  report: ReportModel,
  chartFolder: string,
): Promise<string | undefined> {
  if (option === false) return undefined;
  const isNamed = option !== undefined;
  const shown = typeof option === 'string' ? option : 'README.md';
  const path = resolve(root, shown);
  if (!existsSync(path)) {
    if (!isNamed) return undefined;
    throw new Error(`--readme=${shown}: expected an existing Markdown file, from the workspace root`);
  }
  const readme = await read(path, shown);
  if (!isNamed && !hasReadmeMarker(readme)) return undefined;
  const chartsPath = relative(dirname(path), chartFolder).split(sep).join('/');
  const changed = replaceReadmeBlock(readme, renderReadmeBlock(report, { chartsPath }));
  if (!changed.equals(readme)) await write(path, shown, changed);
  return path;
}

async function read(path: string, shown: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`--readme=${shown}: cannot be read (${reason}), expected a Markdown file`, {
      cause,
    });
  }
}

async function write(path: string, shown: string, text: Buffer): Promise<void> {
  try {
    await replaceFiles([{ path, text }]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot write ${shown}: ${reason}. It was left as it is.`, { cause });
  }
}
