import type { HttpBindings } from '@hono/node-server';
import type { RateLimit } from '../http/rate-limit.ts';
import type { UploadLimits } from '../settings.ts';
import type { ImageStore } from '../store/image-store.ts';
import type { Thumbnailer } from '../thumbnails/thumbnailer.ts';

/** What the routes work with. */
export type GalleryParts = {
  readonly store: ImageStore;
  readonly thumbnailer: Thumbnailer;
  readonly limits: UploadLimits;
  readonly rateLimit: RateLimit;
  readonly allowedHosts: readonly string[];
  /** Whether images are stored with what they tell besides their pixels. */
  readonly keepMetadata: boolean;
  /** Where the service writes of its own failures. */
  readonly log: (text: string) => void;
};

/** What Hono is to know of a request here: uploads are read from the request of Node, as they arrive. */
export type NodeRequest = { readonly Bindings: HttpBindings };
