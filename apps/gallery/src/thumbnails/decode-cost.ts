import { byteSize } from '../text.ts';
import type { ImageType } from '../images/image-type.ts';
import type { UploadLimits } from '../settings.ts';

/** What decoding one image may take. */
export type DecodeLimits = Pick<UploadLimits, 'maxPixels' | 'maxSidePixels' | 'maxDecodeBytes'>;

/** The size of an image in pixels. */
type ImageSize = { readonly width: number; readonly height: number };

/** What the header of an image says about the work of decoding it. */
export type ImageHeader = ImageSize & {
  readonly type: ImageType;
  readonly bands: number;
  /** 1 for 8 bits, 2 for up to 16. */
  readonly bytesPerSample: number;
  /** Several passes over the picture (progressive JPEG, interlaced PNG), which must be kept until the last one. */
  readonly multiplePasses: boolean;
  /** Colour in a quarter of the resolution (JPEG 4:2:0). */
  readonly subsampled: boolean;
  readonly animated: boolean;
};

/** Rows that are under way in the reducing of a picture, at most. Measured as `decodeCostBytes`. */
const rowsUnderWay = 1024;

/**
 * How much memory the decoder needs at most, in bytes: the picture where it is kept whole, and the rows that are under way. A
 * JPEG or PNG of one pass is decoded a strip at a time, everything else is kept whole. The factors were measured with wasm-vips
 * 0.0.19 (resident memory at 12 to 40 megapixels, sides of 1,300 to 30,000) and rounded up.
 */
export function decodeCostBytes(header: ImageHeader): number {
  const rows = header.width * header.bands * header.bytesPerSample * Math.min(header.height, rowsUnderWay);
  return Math.max(wholeBytes(header), rows);
}

function wholeBytes(header: ImageHeader): number {
  const pixels = header.width * header.height;
  switch (header.type) {
    case 'image/jpeg':
      return header.multiplePasses ? pixels * (header.subsampled ? 1.5 : header.bands) * 2 : 0;
    case 'image/png':
      return header.multiplePasses ? pixels * header.bands * header.bytesPerSample : 0;
    case 'image/webp':
      return pixels * (header.animated ? 12 : 4);
    case 'image/gif':
      return pixels * 8;
    case 'image/avif':
      return pixels * 16 * header.bytesPerSample;
  }
}

/** Why an image is not decoded, going by its header; undefined when it can be. */
export function whyRefused(header: ImageHeader, limits: DecodeLimits): string | undefined {
  const needed = decodeCostBytes(header);
  if (needed <= limits.maxDecodeBytes) return whySizeRefused(header, limits);
  return (
    whySizeRefused(header, limits) ??
    `decoding this image of ${sizeText(header)} may need ${byteSize(needed)} of memory, and ${byteSize(limits.maxDecodeBytes)} are allowed; make it smaller, or save it without progressive display or as JPEG`
  );
}

/** Why an image of a size is not decoded; undefined when it can be. */
export function whySizeRefused(size: ImageSize, limits: DecodeLimits): string | undefined {
  if (size.width * size.height > limits.maxPixels) {
    return `the image has ${sizeText(size)}; at most ${Math.floor(limits.maxPixels / 1e5) / 10} megapixels are taken`;
  }
  if (Math.max(size.width, size.height) > limits.maxSidePixels) {
    return `the image has ${sizeText(size)}; at most ${limits.maxSidePixels} are taken on each side`;
  }
  return undefined;
}

/**
 * The size that a WebP says it has (RFC 9649, 2.5 to 2.7), 0 × 0 when it says none. libvips keeps a whole picture of it as soon as
 * it opens the file, so that its size must be known before.
 */
export function webpSize(bytes: Uint8Array): ImageSize {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 30) return { width: 0, height: 0 };
  switch (view.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: view.readUIntLE(24, 3) + 1, height: view.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const packed = view.readUInt32LE(21);
      return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
    }
    default:
      return { width: view.readUInt16LE(26) & 0x3fff, height: view.readUInt16LE(28) & 0x3fff };
  }
}

function sizeText({ width, height }: ImageSize): string {
  return `${width} × ${height} pixels`;
}
