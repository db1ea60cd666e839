import { randomUUID } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file and what is to be in it. */
export type FileText = { readonly path: string; readonly text: string | Buffer };

/**
 * Replaces files, whole or not at all: all are written aside first, then renamed over the old ones. A reader sees an old file
 * or a new one, never a half; when one cannot be written aside, none is replaced. A link stays a link, and a file keeps
 * its permissions.
 * @throws Error of the file system; nothing is then left aside.
 */
export async function replaceFiles(files: readonly FileText[]): Promise<void> {
  const asides: { readonly aside: string; readonly target: string }[] = [];
  try {
    for (const { path, text } of files) {
      const { target, mode } = await targetOf(path);
      const aside = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
      asides.push({ aside, target });
      await writeFile(aside, text, mode === undefined ? {} : { mode });
    }
    for (const { aside, target } of asides) await rename(aside, target);
  } catch (error) {
    for (const { aside } of asides) await rm(aside, { force: true });
    throw error;
  }
}

async function targetOf(path: string): Promise<{ readonly target: string; readonly mode?: number }> {
  try {
    const target = await realpath(path);
    const { mode } = await stat(target);
    return { target, mode: mode & 0o777 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { target: path };
    throw error;
  }
}
