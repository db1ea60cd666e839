import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { ImageType } from '../images/image-type.ts';
import { byteSize } from '../text.ts';
import { decodeCostBytes, webpSize, whyRefused, whySizeRefused } from './decode-cost.ts';
import type { DecodeLimits, ImageHeader } from './decode-cost.ts';
import { loadVips } from './load-vips.ts';
import type { LoadedVips } from './load-vips.ts';

/** What is asked of the thread that makes thumbnails. */
export type ThumbnailJob = {
  readonly path: string;
  readonly type: ImageType;
  readonly limits: DecodeLimits;
};

/** An image that could be decoded: its size in pixels as it is shown, and a small WebP of it. */
export type Thumbnailed = {
  readonly width: number;
  readonly height: number;
  readonly thumbnail: {
    readonly webp: Uint8Array<ArrayBuffer>;
    readonly width: number;
    readonly height: number;
  };
};

/** What the thread says: that it can begin, or what became of a job. */
export type ThumbnailReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly thumbnailed: Thumbnailed; readonly decodeBytes: number }
  | { readonly kind: 'refused'; readonly detail: string; readonly decodeBytes: number };

/** The longer side of a thumbnail, in pixels. */
const thumbnailSide = 320;

/**
 * The work of the thread that makes thumbnails: says that it is ready, then answers one job after another. A failure that is
 * not about the image ends the thread, because libvips cannot be trusted after it.
 */
export async function makeThumbnails(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('thumbnails are made in a worker thread; start one with this file');
  const { maxDecodeBytes } = workerData as DecodeLimits;
  const vips = await loadVips(maxDecodeBytes);
  port.on('message', (job: ThumbnailJob) => {
    const reply = replyTo(vips, job);
    port.postMessage(reply, reply.kind === 'done' ? [reply.thumbnailed.thumbnail.webp.buffer] : []);
  });
  port.postMessage({ kind: 'ready' } satisfies ThumbnailReply);
}

function replyTo(vips: LoadedVips, job: ThumbnailJob): ThumbnailReply {
  let decodeBytes = 0;
  try {
    const bytes = readFileSync(job.path);
    const refusedBefore = job.type === 'image/webp' ? whySizeRefused(webpSize(bytes), job.limits) : undefined;
    if (refusedBefore !== undefined) return { kind: 'refused', detail: refusedBefore, decodeBytes };
    const { header, turned } = headerOf(vips, bytes, job);
    const refused = whyRefused(header, job.limits);
    if (refused !== undefined) return { kind: 'refused', detail: refused, decodeBytes };
    decodeBytes = decodeCostBytes(header);
    const thumbnailed = {
      width: turned ? header.height : header.width,
      height: turned ? header.width : header.height,
      thumbnail: thumbnailOf(vips, bytes),
    };
    return { kind: 'done', thumbnailed, decodeBytes };
  } catch (error) {
    const text = vipsErrorOf(error);
    if (text === undefined && !isGone(error)) throw error;
    const isMemory = /memory/i.test(text ?? '');
    const allowed = byteSize(job.limits.maxDecodeBytes);
    const detail = isMemory
      ? `decoding this image needs more memory than the ${allowed} that are allowed; make it smaller, or save it as JPEG`
      : 'the image cannot be decoded: it is damaged, cut off, or not what it seems';
    return { kind: 'refused', detail, decodeBytes: isMemory ? job.limits.maxDecodeBytes : decodeBytes };
  }
}

function headerOf(vips: LoadedVips, bytes: Uint8Array, { type }: ThumbnailJob) {
  using image = vips.Image.newFromBuffer(bytes, '', { access: 'sequential', fail_on: 'error' });
  const numberOf = (field: string) => (image.getTypeof(field) === 0 ? 0 : image.getInt(field));
  const textOf = (field: string) => (image.getTypeof(field) === 0 ? '' : image.getString(field));
  const header: ImageHeader = {
    type,
    width: image.width,
    height: image.height,
    bands: image.bands,
    bytesPerSample: image.format === 'uchar' ? 1 : 2,
    multiplePasses: numberOf('jpeg-multiscan') > 0 || numberOf('interlaced') > 0,
    subsampled: textOf('jpeg-chroma-subsample').startsWith('4:2:0') && image.bands === 3,
    animated: numberOf('n-pages') > 1,
  };
  // Exif orientations 5 to 8 lie on their side.
  return { header, turned: numberOf('orientation') >= 5 };
}

function thumbnailOf(vips: LoadedVips, bytes: Uint8Array) {
  using small = vips.Image.thumbnailBuffer(bytes, thumbnailSide, {
    height: thumbnailSide,
    size: 'down',
    output_profile: 'srgb',
    // As an option of the loader: the one of the thumbnail does not reach it.
    option_string: 'fail_on=error',
  });
  const webp = Uint8Array.from(small.writeToBuffer('.webp', { Q: 78, effort: 2, keep: 'none' }));
  return { webp, width: small.width, height: small.height };
}

/** What libvips says is wrong; undefined for an error of another kind. */
function vipsErrorOf(error: unknown): string | undefined {
  const { message } = error instanceof Object && 'message' in error ? error : { message: undefined };
  return Array.isArray(message) && message[0] === 'vips::Error' ? message.join(' ') : undefined;
}

/** Whether the file of a job is there no more, because its sender went away. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
