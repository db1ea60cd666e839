import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFiles, type FileText } from '@tare/results';
import { pictureMark } from './plot/chart.ts';

export { replaceFiles };

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
