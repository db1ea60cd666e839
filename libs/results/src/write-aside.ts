import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, realpath, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { checkData } from './parse-file.ts';

/** A file and what is to be in it. */
export type FileText = { readonly path: string; readonly text: string | Uint8Array };

/**
 * Replaces files, all of them or none: writes all beside their places, flushes them to the disk, then renames them over the
 * old ones. A reader sees an old file or a new one, never half of one. A link stays a link, and a file keeps its permissions.
 * @throws Error of the file system when a file cannot be written; nothing is then left beside its place.
 */
export async function replaceFiles(files: readonly FileText[]): Promise<void> {
  const asides: { readonly aside: string; readonly target: string }[] = [];
  try {
    for (const { path, text } of files) {
      const { target, mode } = await targetOf(path);
      const aside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
      asides.push({ aside, target });
      await writeFile(aside, text, { flag: 'wx', flush: true, ...(mode !== undefined && { mode }) });
    }
    for (const { aside, target } of asides) await rename(aside, target);
  } catch (error) {
    for (const { aside } of asides) await rm(aside, { force: true });
    throw error;
  }
  for (const folder of new Set(asides.map(({ target }) => dirname(target)))) await flushFolder(folder);
}

async function targetOf(path: string): Promise<{ readonly target: string; readonly mode?: number }> {
  try {
    const target = await realpath(path);
    const { mode } = await stat(target);
    return { target, mode: mode & 0o777 };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { target: path };
    throw error;
  }
}

/**
 * Makes a folder, and those above it that are missing.
 * @throws Error of the file system; with its own reason, where Node's recursion says ENOENT of one that is read-only.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/**
 * Writes a whole file or nothing, as {@link replaceFiles} does; creates its folder.
 * @throws Error, one line that names the file and the reason; the file is then as it was before, and nothing is left beside it.
 */
export async function writeAside(path: string, text: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await replaceFiles([{ path, text }]);
  } catch (error) {
    throw fileProblem(path, 'not written', error);
  }
}

/**
 * Checks data and writes them as indented JSON, as {@link writeAside} does.
 * @throws Error, one line that names the file and what is wrong with the data, or why it could not be written.
 */
export async function writeJson<T>(schema: z.ZodType<T>, path: string, data: T): Promise<void> {
  await writeAside(path, `${JSON.stringify(checkData(schema, data, path), null, 2)}\n`);
}

/** Makes the names in a folder survive a crash. Windows neither needs nor allows it. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// room for a long run file, a page and its charts
const neededMiB = 16;
const bytesPerMiB = 1024 * 1024;
const advice = 'make room for it or choose another folder: --outputPath';

/**
 * Checks that files can be written into folders, which need not exist yet, so that a run does not fail after its last
 * trial. Makes no folder.
 * @throws Error, one line that names the folder, the reason and what to do.
 */
export async function requireWritable(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    let freeMiB: number;
    try {
      freeMiB = await tryToWrite(await nearestFolder(folder));
    } catch (error) {
      throw fileProblem(folder, 'cannot be written', error, advice);
    }
    if (freeMiB < neededMiB) {
      throw new Error(
        `${folder}: cannot be written: ${freeMiB.toFixed(1)} MiB are free on its disk, a run wants ${neededMiB}; ${advice}`,
      );
    }
  }
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    await lstat(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return nearestFolder(dirname(folder));
  }
  if ((await stat(folder)).isDirectory()) return folder;
  throw Object.assign(new Error(`${folder} is a file`), { code: 'ENOTDIR' });
}

/** @returns MiB that are free. */
async function tryToWrite(folder: string): Promise<number> {
  // permissions are not all: a file system may be read-only, a quota used up
  const path = join(folder, `.tare-${randomUUID()}.tmp`);
  const file = await open(path, 'wx');
  try {
    await file.writeFile('x');
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  const { bavail, bsize } = await statfs(folder);
  return (bavail * bsize) / bytesPerMiB;
}

/** The codes of file errors in plain words. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'disk quota exceeded',
  EISDIR: 'a folder is in its place',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'part of its path is not a folder',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * One line about a file that could not be read or written: "run.json: not written: permission denied". The cause is kept.
 * @param attempt what did not happen: "not written".
 * @param consequence added after a semicolon: what is safe, what is left.
 */
export function fileProblem(path: string, attempt: string, cause: unknown, consequence = ''): Error {
  const code = errorCode(cause);
  const reason =
    (code === undefined ? undefined : reasons[code]) ??
    String(cause instanceof Error ? cause.message : cause);
  return new Error(`${path}: ${attempt}: ${reason}${consequence && `; ${consequence}`}`, { cause });
}

/** Code of a failed system call, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
