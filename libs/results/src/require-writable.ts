import { randomUUID } from 'node:crypto';
import { lstat, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, fileProblem } from './file-problem.ts';

// a long run file, and a page and charts made of it
const neededMiB = 16;
const bytesPerMiB = 1024 * 1024;
const advice = 'make room for it or choose another folder: --outputPath';

/**
 * Sees that files can be written into folders that may not be there yet, so that a run does not find out after its last
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

/** The folder itself, or that in which it would be made. */
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
  // what permissions say is not all: file systems may be read-only, quotas used up
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
