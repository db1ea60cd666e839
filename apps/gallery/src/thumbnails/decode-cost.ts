import type { ImageType } from '../images/image-type.ts';

/** What the header of an image says about the work of decoding it. */
export type ImageHeader = {
  readonly type: ImageType;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** 1 for 8 bits, 2 for up to 16. */
  readonly bytesPerSample: number;
  /** Several passes over the picture (progressive JPEG, interlaced PNG), which must be kept until the last one. */
  readonly multiplePasses: boolean;
  /** Colour in a quarter of the resolution (JPEG 4:2:0). */
  readonly subsampled: boolean;
  readonly animated: boolean;
};

/**
 * How much memory the decoder needs at most, in bytes. A JPEG or PNG of one pass is decoded a strip at a time; everything else
 * is kept whole. The factors were measured with wasm-vips 0.0.19 (resident memory at 16 and 40 megapixels) and rounded up.
 */
export function decodeCostBytes(header: ImageHeader): number {
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
