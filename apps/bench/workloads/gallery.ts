import { createHash } from 'node:crypto';
import { project, type AskedApp, type SetUpContext, type WeightedRequest } from '@tare/nx-bench';
import { pngImage, withNumber } from './png-image.ts';

/** Two pages of the grid. */
const stored = { count: 30, widthPx: 240, heightPx: 180 } as const;
const imagesOnPage = 24;
/**
 * Small, for there are many: the app keeps an image only once, so uploads differ from each other, by what they look like and
 * by a number beside the pixels. A trial of more than 3,000 uploads begins again with the first.
 */
const uploaded = { count: 3000, pictures: 60, widthPx: 96, heightPx: 72 } as const;
/** Seeds of images, so that those of one seed of a run are not those of the next. */
const numbersOfSeed = 1000;
const boundary = 'tare-form-data-boundary';

type Image = { readonly id: string; readonly bytes: Buffer };

/**
 * The image gallery, asked for in four ways: a page with its thumbnails, single images, uploads, and a mix of the three
 * (90 : 9 : 1). Measured only when it is named.
 */
export function gallery(): Readonly<Record<string, AskedApp>> {
  const app = project('gallery', {
    health: '/health',
    data: 'UPLOADS_DIR',
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
  });
  return {
    'gallery:browse': { ...app, request: (_, seed) => browse(seed) },
    'gallery:view': { ...app, request: (_, seed) => view(seed) },
    'gallery:upload': { ...app, request: (_, seed) => upload(seed) },
    'gallery:mixed': {
      ...app,
      request: (_, seed) => [
        ...weighted(browse(seed), 90),
        ...weighted(view(seed), 9),
        ...weighted(upload(seed), 1),
      ],
    },
  };
}

/** The first page of the grid and the thumbnails on it, each asked for as often as the others. */
function browse(seed: number): readonly WeightedRequest[] {
  const thumbnails = storedImages(seed).slice(0, imagesOnPage);
  return [{ path: '/' }, ...thumbnails.map(({ id }) => ({ path: `/thumbnails/${id}` }))];
}

function view(seed: number): readonly WeightedRequest[] {
  return storedImages(seed).map(({ id }) => ({ path: `/images/${id}` }));
}

function upload(seed: number): readonly WeightedRequest[] {
  return [
    {
      path: '/api/images',
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      bodies: uploadForms(seed),
    },
  ];
}

/** The same requests with weights that add up to a share. */
function weighted(requests: readonly WeightedRequest[], share: number): readonly WeightedRequest[] {
  return requests.map((request) => ({ ...request, weight: share / requests.length }));
}

async function storeImages({ origin, seed, signal }: SetUpContext): Promise<void> {
  for (const { id, bytes } of storedImages(seed)) {
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

/** Made once, for every trial asks for the same. */
const storedImages = oncePerSeed((seed): readonly Image[] =>
  Array.from({ length: stored.count }, (_, index) => {
    const bytes = pngImage(seed * numbersOfSeed + index, stored.widthPx, stored.heightPx);
    return { id: createHash('sha256').update(bytes).digest('hex'), bytes };
  }),
);

const uploadForms = oncePerSeed((seed): readonly Buffer[] => {
  const pictures = Array.from({ length: uploaded.pictures }, (_, index) =>
    pngImage(seed * numbersOfSeed + stored.count + index, uploaded.widthPx, uploaded.heightPx),
  );
  return Array.from({ length: uploaded.count }, (_, number) => {
    const picture = pictures[number % pictures.length] ?? Buffer.alloc(0);
    return formData(withNumber(picture, number));
  });
});

function oncePerSeed<Made>(make: (seed: number) => Made): (seed: number) => Made {
  const made = new Map<number, Made>();
  return (seed) => {
    const found = made.get(seed) ?? make(seed);
    made.set(seed, found);
    return found;
  };
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
