import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeFolder, replaceFiles } from '@tare/results';
import { chartFiles } from '../charts/run-charts.ts';
import type { ReportModel } from '../model/report-model.ts';
import { messageOf, oneLine } from '../model/words.ts';
import { pictureOf } from '../plot/chart.ts';
import { removeOld } from '../write-report.ts';
import { summaryCard } from './card.ts';
import { findChromium, type Chromium } from './chromium.ts';
import { renderPng, type PicturePage } from './render-png.ts';

type PicturesWritten = {
  /** Paths of the files, absolute or relative as the folder was given. */
  readonly written: readonly string[];
  /** One line: why there are no PNG pictures, and how to get them. */
  readonly note?: string;
};

type WritePicturesOptions = {
  readonly signal: AbortSignal;
  /** How a Chromium is found; on this machine by default. */
  readonly find?: (signal: AbortSignal) => Promise<Chromium | { readonly missing: string }>;
};

type PngFile = { readonly path: string; readonly text: Uint8Array };

/**
 * Writes `card.svg`, `card.png` and `charts/*.png` of a run into a folder, each whole or not at all. PNGs that an earlier
 * report left and this one does not have are removed, so that no picture shows another run; other files are not touched.
 * Never fails a report: without a Chromium, or with a broken one, there are no PNGs and a note says so.
 * @throws only the signal's reason when aborted.
 */
export async function writePictures(
  folder: string,
  report: ReportModel,
  { signal, find = (aborted) => findChromium({ signal: aborted }) }: WritePicturesOptions,
): Promise<PicturesWritten> {
  signal.throwIfAborted();
  try {
    const card = summaryCard(report);
    await makeFolder(join(folder, 'charts'));
    const { files, note } = await pngFiles(folder, report, card, { signal, find });
    signal.throwIfAborted();
    await replaceFiles([{ path: join(folder, 'card.svg'), text: card }, ...files]);
    const written = [join(folder, 'card.svg'), ...files.map(({ path }) => path)];
    const charts = (await readdir(join(folder, 'charts'))).filter((name) => name.endsWith('.png'));
    const pngs = ['card.png', ...charts.map((name) => join('charts', name))];
    await removeOld(pngs.map((path) => join(folder, path)), written, pngMark);
    return { written, ...(note === undefined ? {} : { note }) };
  } catch (error) {
    signal.throwIfAborted();
    return { written: [], note: `No pictures in ${folder}: ${reasonOf(error)}. Expected a folder that you may write.` };
  }
} // prettier-ignore

async function pngFiles(
  folder: string,
  report: ReportModel,
  card: string,
  { signal, find }: Required<WritePicturesOptions>,
): Promise<{ readonly files: readonly PngFile[]; readonly note?: string }> {
  const pages = [
    picturePage({ fileName: 'card.png', svg: card, scale: 1 }),
    ...chartFiles(report).map((file) =>
      picturePage({
        fileName: join('charts', file.fileName.replace(/\.svg$/, '.png')),
        svg: pictureOf(file.chart, file),
      }),
    ),
  ];
  try {
    const chromium = await find(signal);
    if ('missing' in chromium) return { files: [], note: chromium.missing };
    const pictures = await renderPng(pages, { chromium, signal });
    return {
      files: pictures.map(({ fileName, png }) => ({ path: join(folder, fileName), text: markedPng(png) })),
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      files: [],
      note: `No PNG pictures: ${reasonOf(error)} Set PUPPETEER_EXECUTABLE_PATH to another Chrome or Chromium.`,
    };
  }
}

function reasonOf(error: unknown): string {
  return oneLine(messageOf(error));
}

type PictureOfSvg = {
  readonly fileName: string;
  readonly svg: string;
  readonly scale?: number;
};

/**
 * An SVG document as a page of its size. Its text is in the fonts that the SVG names.
 * @throws Error when its root element has no width and height in pixels.
 */
function picturePage({ fileName, svg, scale }: PictureOfSvg): PicturePage {
  const root = /<svg [^>]*>/.exec(svg)?.[0] ?? '';
  const [widthPx, heightPx] = ['width', 'height'].map((side) =>
    Number(new RegExp(` ${side}="([\\d.]+)(?:px)?"`).exec(root)?.[1]),
  );
  if (widthPx === undefined || heightPx === undefined || !(widthPx > 0) || !(heightPx > 0)) {
    throw new Error(`${fileName}: expected an SVG with a width and a height in pixels.`);
  }
  return {
    fileName,
    widthPx,
    heightPx,
    ...(scale === undefined ? {} : { scale }),
    html: `<!doctype html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>html,body{margin:0;background:#fff}svg{display:block}</style></head><body>
${svg}
</body></html>`,
  };
}

const signatureBytes = 8;
const headerChunkBytes = 25;
/** Tells our own PNGs from others in the same folder. */
const pngMark = 'Software\0tare-report';

/**
 * A PNG with the mark as a text chunk.
 * Chunks: length, type, data, CRC-32 of type and data (PNG specification, section 5.3); text: 11.3.4.3.
 */
function markedPng(png: Uint8Array): Uint8Array {
  const content = Buffer.from(`tEXt${pngMark}`, 'latin1');
  const chunk = Buffer.alloc(content.length + 8);
  chunk.writeUInt32BE(pngMark.length, 0);
  content.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(content), content.length + 4);
  // right behind the first chunk, which is the header of the picture
  const place = signatureBytes + headerChunkBytes;
  return Buffer.concat([png.subarray(0, place), chunk, png.subarray(place)]);
}
