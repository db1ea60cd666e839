import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunFile } from '@tare/results';
import { renderCharts } from '../charts/render-charts.ts';
import { oneLine } from '../safe-text.ts';
import { findChromium } from './find-chromium.ts';
import type { Chromium } from './find-chromium.ts';
import { picturePage } from './picture-page.ts';
import { isMarkedPng, markedPng } from './png-mark.ts';
import { renderPng } from './render-png.ts';
import { summaryCard } from './summary-card.ts';

export type PicturesWritten = {
  /** Paths of the files, absolute or relative as the folder was given. */
  readonly written: readonly string[];
  /** One line: why there are no PNG pictures, and how to get them. */
  readonly note?: string;
};

export type WritePicturesOptions = {
  readonly signal: AbortSignal;
  /** How a Chromium is found; on this machine by default. */
  readonly find?: (signal: AbortSignal) => Promise<Chromium | { readonly missing: string }>;
};

type FileBytes = { readonly path: string; readonly bytes: string | Uint8Array };

/**
 * Writes `card.svg`, `card.png` and `charts/*.png` of a run into a folder, each whole or not at all. PNGs that an earlier
 * report left and this one does not have are removed, so that no picture shows another run; other files are not touched.
 * Never fails a report: without a Chromium, or with a broken one, there are no PNGs and a note says so.
 * @throws only the signal's reason when aborted.
 */
export async function writePictures(
  folder: string,
  run: RunFile,
  { signal, find = (aborted) => findChromium({ signal: aborted }) }: WritePicturesOptions,
): Promise<PicturesWritten> {
  signal.throwIfAborted();
  try {
    const card = summaryCard(run);
    await mkdir(join(folder, 'charts'), { recursive: true });
    const { files, note } = await pngFiles(folder, run, card, { signal, find });
    signal.throwIfAborted();
    await replace([{ path: join(folder, 'card.svg'), bytes: card }, ...files]);
    const written = [join(folder, 'card.svg'), ...files.map(({ path }) => path)];
    await removeOldPngs(folder, new Set(written));
    return { written, ...(note === undefined ? {} : { note }) };
  } catch (error) {
    signal.throwIfAborted();
    return { written: [], note: `No pictures in ${folder}: ${reasonOf(error)}. Expected a folder that you may write.` };
  }
} // prettier-ignore

async function pngFiles(
  folder: string,
  run: RunFile,
  card: string,
  { signal, find }: Required<WritePicturesOptions>,
): Promise<{ readonly files: readonly FileBytes[]; readonly note?: string }> {
  const pages = [
    picturePage({ fileName: 'card.png', svg: card, scale: 1 }),
    ...renderCharts(run).map(({ fileName, svg }) =>
      picturePage({ fileName: join('charts', fileName.replace(/\.svg$/, '.png')), svg }),
    ),
  ];
  try {
    const chromium = await find(signal);
    if ('missing' in chromium) return { files: [], note: chromium.missing };
    const pictures = await renderPng(pages, { chromium, signal });
    return {
      files: pictures.map(({ fileName, png }) => ({ path: join(folder, fileName), bytes: markedPng(png) })),
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      files: [],
      note: `No PNG pictures: ${reasonOf(error)} Set PUPPETEER_EXECUTABLE_PATH to another Chrome or Chromium.`,
    };
  }
}

/** All are written aside first, then renamed. */
async function replace(files: readonly FileBytes[]): Promise<void> {
  const asides = files.map(({ path, bytes }) => ({ path, bytes, aside: join(dirname(path), `.${randomUUID()}`) }));
  try {
    for (const { aside, bytes } of asides) await writeFile(aside, bytes);
    for (const { aside, path } of asides) await rename(aside, path);
  } catch (error) {
    for (const { aside } of asides) await rm(aside, { force: true });
    throw error;
  }
} // prettier-ignore

async function removeOldPngs(folder: string, written: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(join(folder, 'charts'))).filter((name) => name.endsWith('.png'));
  for (const path of [join(folder, 'card.png'), ...names.map((name) => join(folder, 'charts', name))]) {
    if (!written.has(path) && (await isOurs(path))) await rm(path);
  }
}

async function isOurs(path: string): Promise<boolean> {
  try {
    return isMarkedPng(await readFile(path));
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
