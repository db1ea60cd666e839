import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pictureMark } from './plot/chart.ts';

/** A file and what is to be in it. */
export type FileText = { readonly path: string; readonly text: string | Uint8Array };

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

/**
 * Writes files into a folder, which is made if need be; all of them or none.
 * @param what is written, for the message: "report".
 * @param files with paths from the folder.
 * @param old a folder in it whose SVG pictures of an earlier time go when they are not among the files, and which names it looks
 *   at; pictures that others drew stay.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeFolder(
  folder: string,
  what: string,
  files: readonly FileText[],
  old?: { readonly folder: string; readonly names: RegExp },
): Promise<readonly string[]> {
  const written = files.map(({ path, text }) => ({ path: join(folder, path), text }));
  try {
    for (const each of new Set(written.map(({ path }) => dirname(path)))) await mkdir(each, { recursive: true });
    if (old !== undefined) await mkdir(join(folder, old.folder), { recursive: true });
    await replaceFiles(written);
    if (old !== undefined) await removeOld(join(folder, old.folder), old.names, written.map(({ path }) => path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot write the ${what} to ${folder}: ${reason}. Expected a folder that you may write.`, { cause });
  }
  return written.map(({ path }) => path);
} // prettier-ignore

async function removeOld(folder: string, names: RegExp, written: readonly string[]): Promise<void> {
  for (const path of (await readdir(folder)).filter((name) => names.test(name)).map((name) => join(folder, name))) {
    if (written.includes(path)) continue;
    if ((await readFile(path, 'utf8')).slice(0, 200).includes(pictureMark)) await rm(path);
  }
} // prettier-ignore
