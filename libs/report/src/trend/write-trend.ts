import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chartMark } from '../charts/stable-svg.ts';
import { replaceFiles } from '../replace-file.ts';
import type { Trend } from './render-trend.ts';

/**
 * Writes `trend.md` and its pictures into a folder, which is made if need be; all of them or none. Pictures that an earlier
 * trend left and this one does not have are removed; other files are not touched.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeTrend(
  folder: string,
  { markdown, pictures }: Pick<Trend, 'markdown' | 'pictures'>,
): Promise<readonly string[]> {
  const files = [
    { path: join(folder, 'trend.md'), text: markdown },
    ...pictures.map(({ fileName, svg }) => ({ path: join(folder, fileName), text: svg })),
  ];
  try {
    await mkdir(folder, { recursive: true });
    await replaceFiles(files);
    await removeOldPictures(folder, new Set(pictures.map(({ fileName }) => fileName)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot write the trend to ${folder}: ${reason}. Expected a folder that you may write.`, {
      cause: error,
    });
  }
  return files.map(({ path }) => path);
}

async function removeOldPictures(folder: string, written: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/-[0-9a-f]{12}-[0-9a-f]{12}\.svg$/.test(name) || written.has(name)) continue;
    const path = join(folder, name);
    if ((await readFile(path, 'utf8')).slice(0, 200).includes(chartMark)) await rm(path);
  }
}
