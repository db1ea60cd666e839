import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileProblem } from './file-problem.ts';

/**
 * Writes a whole file or nothing: beside its place, flushed to the disk, then renamed over it. Creates the folder.
 * @throws Error, one line that names the file and the reason; the file is then as it was before, and nothing is left beside it.
 */
export async function writeAside(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const aside = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(aside, 'wx');
    try {
      await fill(file, text);
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    await flushFolder(folder);
  } catch (error) {
    throw fileProblem(path, 'not written', error);
  }
}

async function fill(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
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
