import { createHash } from 'node:crypto';
import type { SetUpContext, WeightedRequest, Workload } from '@tare/nx-bench';
import { pngImage } from './png-image.ts';

/** What an image of the workload is like. */
const [widthPx, heightPx] = [240, 180];
/** Two pages of the grid. */
const storedImages = 48;
const imagesOnPage = 24;
/**
 * Uploads differ from each other, for the app keeps an image only once. A fast host sends more than these in a window: from
 * then on it uploads what is there already.
 */
const uploads = 120;
const boundary = 'tare-form-data-boundary';

type Image = { readonly id: string; readonly bytes: Buffer };

/**
 * The image gallery, asked for in four ways: a page with its thumbnails, single images, uploads, and a mix of the three
 * (90 : 9 : 1). Measured only when it is named.
 * @param artifact the bundle of apps/gallery.
 */
export function gallery(artifact: URL): readonly Workload[] {
  const common = {
    artifact,
    healthPath: '/health',
    dataVariable: 'UPLOADS_DIR',
    // the load generator is one client: a limit per client would limit the load
    variables: { RATE_LIMIT: '0' },
    byDefault: false,
    setUp: storeImages,
    conformance: [
      { request: { path: '/health' }, status: 200, json: { status: 'ok' } },
      { request: { path: '/api/images' }, status: 200 },
      { request: { path: '/images/none' }, status: 404 },
      {
        request: {
          path: '/api/images',
          method: 'POST',
          headers: { 'content-type': 'image/png' },
          body: 'no image',
        },
        status: 415,
      },
    ],
  } as const;
  return [
    { ...common, name: 'gallery:browse', request: (_, seed) => browse(seed) },
    { ...common, name: 'gallery:view', request: (_, seed) => view(seed) },
    { ...common, name: 'gallery:upload', request: (_, seed) => upload(seed) },
    {
      ...common,
      name: 'gallery:mixed',
      request: (_, seed) => [
        ...weighted(browse(seed), 90),
        ...weighted(view(seed), 9),
        ...weighted(upload(seed), 1),
      ],
    },
  ];
}

/** The first page of the grid and the thumbnails on it, each asked for as often as the others. */
function browse(seed: number): readonly WeightedRequest[] {
  const thumbnails = stored(seed).slice(0, imagesOnPage);
  return [{ path: '/' }, ...thumbnails.map(({ id }) => ({ path: `/thumbnails/${id}` }))];
}

function view(seed: number): readonly WeightedRequest[] {
  return stored(seed).map(({ id }) => ({ path: `/images/${id}` }));
}

function upload(seed: number): readonly WeightedRequest[] {
  return images(seed, storedImages, uploads).map(({ bytes }) => ({
    path: '/api/images',
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: formData(bytes),
  }));
}

/** The same requests with weights that add up to a share. */
function weighted(requests: readonly WeightedRequest[], share: number): readonly WeightedRequest[] {
  return requests.map((request) => ({ ...request, weight: share / requests.length }));
}

async function storeImages({ origin, seed, signal }: SetUpContext): Promise<void> {
  for (const { id, bytes } of stored(seed)) {
    const headers = { 'content-type': 'image/png' };
    const reply = await fetch(new URL('/api/images', origin), {
      method: 'POST',
      headers,
      body: bytes,
      signal,
    });
    const text = await reply.text();
    if (!reply.ok || !text.includes(id)) {
      throw new Error(`image ${id} was not stored: status ${reply.status}: ${text.slice(0, 200)}`);
    }
  }
}

function stored(seed: number): readonly Image[] {
  return images(seed, 0, storedImages);
}

const made = new Map<number, Image>();

/** Images of consecutive numbers; made once, for every trial asks for the same. */
function images(seed: number, first: number, count: number): readonly Image[] {
  return Array.from({ length: count }, (_, index) => {
    const number = seed * 1000 + first + index;
    const image = made.get(number) ?? makeImage(number);
    made.set(number, image);
    return image;
  });
}

function makeImage(seed: number): Image {
  const bytes = pngImage(seed, widthPx, heightPx);
  return { id: createHash('sha256').update(bytes).digest('hex'), bytes };
}

/** A form with one file (RFC 7578). */
function formData(image: Buffer): Buffer {
  const head = [
    `--${boundary}`,
    'Content-Disposition: form-data; name="images"; filename="image.png"',
    'Content-Type: image/png',
    '',
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), image, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}
