import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { embedded } from '../embedded.ts';
import type { EmbeddedName } from '../embedded.ts';
import { fileResponse } from '../http/file-response.ts';
import { dispositionOf } from '../images/stored-image.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { noSuchImage } from './api-routes.ts';
import type { GalleryParts, NodeRequest } from './gallery-parts.ts';

/** Nothing that is uploaded is let do anything, even when it is opened by itself. */
const imagePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** The bytes of images and thumbnails, and what the pages are made up with. */
export function fileRoutes({ store }: GalleryParts): Hono<NodeRequest> {
  const files = new Hono<NodeRequest>();
  const send = async (context: Context<NodeRequest>, image: StoredImage, which: 'original' | 'thumbnail') => {
    const { req } = context;
    const request = {
      method: req.method,
      ifNoneMatch: req.header('if-none-match'),
      range: req.header('range'),
      ifRange: req.header('if-range'),
    };
    const isOriginal = which === 'original';
    const response = await fileResponse(request, {
      path: store.pathOf(image.id, which),
      bytes: isOriginal ? image.bytes : image.thumbnail.bytes,
      etag: isOriginal ? `"${image.id}"` : `"${image.id}.thumbnail"`,
      headers: {
        'content-type': isOriginal ? image.type : 'image/webp',
        'content-security-policy': imagePolicy,
        ...(isOriginal && { 'content-disposition': dispositionOf(image) }),
      },
    });
    return response ?? noSuchImage(image.id);
  };
  files.get('/images/:id', async (context) => {
    const image = store.listing.get(context.req.param('id'));
    return image === undefined ? noSuchImage(context.req.param('id')) : send(context, image, 'original');
  });
  files.get('/thumbnails/:id', async (context) => {
    const image = store.listing.get(context.req.param('id'));
    return image === undefined ? noSuchImage(context.req.param('id')) : send(context, image, 'thumbnail');
  });
  files.get('/icon.svg', asset('icon.svg', 'image/svg+xml'));
  files.get('/app.css', asset('gallery.css', 'text/css; charset=utf-8'));
  files.get('/app.js', asset('gallery.js', 'text/javascript; charset=utf-8'));
  return files;
}

function asset(name: EmbeddedName, type: string) {
  let kept: { readonly bytes: Uint8Array<ArrayBuffer>; readonly etag: string } | undefined;
  return (context: Context<NodeRequest>) => {
    if (kept === undefined) {
      const bytes = embedded(name);
      kept = { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"` };
    }
    const headers = { 'content-type': type, etag: kept.etag, 'cache-control': 'no-cache' };
    if (context.req.header('if-none-match') === kept.etag) return context.body(null, 304, headers);
    return context.body(kept.bytes, 200, headers);
  };
}
