import type { ImageType } from '../images/image-type.ts';
import type { UploadLimits } from '../settings.ts';

/** What is asked of the thread that makes thumbnails. */
export type ThumbnailJob = {
  readonly path: string;
  readonly type: ImageType;
  readonly limits: DecodeLimits;
};

/** What decoding one image may take. */
export type DecodeLimits = Pick<UploadLimits, 'maxPixels' | 'maxSidePixels' | 'maxDecodeBytes'>;

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
export const thumbnailSide = 320;
