import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { decodeCostBytes } from './decode-cost.ts';
import type { ImageHeader } from './decode-cost.ts';
import { byteSize } from '../byte-size.ts';
import { loadVips } from './load-vips.ts';
import type { LoadedVips } from './load-vips.ts';
import { thumbnailSide } from './thumbnail-job.ts';
import type { ThumbnailJob, ThumbnailReply } from './thumbnail-job.ts';

/**
 * The work of the thread that makes thumbnails: says that it is ready, then answers one job after another. A failure that is
 * not about the image ends the thread, because libvips cannot be trusted after it.
 */
export async function makeThumbnails(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('thumbnails are made in a worker thread; start one with this file');
  const vips = await loadVips();
  port.on('message', (job: ThumbnailJob) => {
    const reply = replyTo(vips, job);
    port.postMessage(reply, reply.kind === 'done' ? [reply.thumbnailed.thumbnail.webp.buffer] : []);
  });
  port.postMessage({ kind: 'ready' } satisfies ThumbnailReply);
}

function replyTo(vips: LoadedVips, job: ThumbnailJob): ThumbnailReply {
  const bytes = readFileSync(job.path);
  try {
    const { header, turned } = headerOf(vips, bytes, job);
    const refused = whyNot(header, job);
    if (refused !== undefined) return { kind: 'refused', detail: refused };
    return {
      kind: 'done',
      thumbnailed: {
        width: turned ? header.height : header.width,
        height: turned ? header.width : header.height,
        thumbnail: thumbnailOf(vips, bytes),
      },
      decodeBytes: decodeCostBytes(header),
    };
  } catch (error) {
    if (!isVipsError(error)) throw error;
    return {
      kind: 'refused',
      detail: 'the image cannot be decoded: it is damaged, cut off, or not what it seems',
    };
  }
}

/** Why an image is not decoded, going by its header; undefined when it can be. */
function whyNot(header: ImageHeader, limits: ThumbnailJob): string | undefined {
  const pixels = header.width * header.height;
  const size = `${header.width} × ${header.height} pixels`;
  if (pixels > limits.maxPixels) {
    return `the image has ${size}; at most ${Math.floor(limits.maxPixels / 1e5) / 10} megapixels are taken`;
  }
  const needed = decodeCostBytes(header);
  if (needed > limits.maxDecodeBytes) {
    return `decoding this image of ${size} may need ${byteSize(needed)} of memory, and ${byteSize(limits.maxDecodeBytes)} are allowed; make it smaller, or save it without progressive display or as JPEG`;
  }
  return undefined;
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

function isVipsError(error: unknown): boolean {
  const { message } = error instanceof Object && 'message' in error ? error : { message: undefined };
  return Array.isArray(message) && message[0] === 'vips::Error';
}
