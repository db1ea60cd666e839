import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunFile } from '@tare/results';
import { renderCharts } from './charts/render-charts.ts';
import { chartMark } from './charts/stable-svg.ts';
import { renderSummaryMarkdown } from './summary-markdown.ts';

/**
 * Writes `summary.md` and `charts/*.svg` into a folder, which is made if need be. Charts that an earlier report left
 * and this one does not have are removed; other files are not touched.
 * @returns absolute or relative paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeReport(folder: string, run: RunFile): Promise<readonly string[]> {
  const chartFolder = join(folder, 'charts');
  const files = [
    { path: join(folder, 'summary.md'), text: renderSummaryMarkdown(run) },
    ...renderCharts(run).map(({ fileName, svg }) => ({ path: join(chartFolder, fileName), text: svg })),
  ];
  try {
    await mkdir(chartFolder, { recursive: true });
    for (const { path, text } of files) await replaceFile(path, text);
    await removeOldCharts(chartFolder, new Set(files.map(({ path }) => basename(path))));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot write the report to ${folder}: ${reason}. Expected a folder that you may write.`,
      {
        cause: error,
      },
    );
  }
  return files.map(({ path }) => path);
}

/** Writes aside and renames: a reader sees the old file or the new one, never a half. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function removeOldCharts(chartFolder: string, written: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(chartFolder)) {
    if (!name.endsWith('.svg') || written.has(name)) continue;
    const path = join(chartFolder, name);
    if ((await readFile(path, 'utf8')).slice(0, 200).includes(chartMark)) await rm(path);
  }
}
