import { expect, it } from 'vitest';
import { createApp } from './app.ts';
import { openApiDocument } from './openapi.ts';
import { createListing } from './store/listing.ts';
import { createStoreBudget } from './store/image-store.ts';

const limits = {
  ...{ maxUploadBytes: 1, maxPixels: 1, maxSidePixels: 1, maxDecodeBytes: 1 },
  ...{ maxFilesPerRequest: 1, bodyTimeoutMs: 1, maxWaiting: 1 },
};
const unused = () => Promise.reject(new Error('not used here'));
const app = createApp({
  limits,
  rateLimit: { take: () => 0 },
  allowedHosts: [],
  keepMetadata: false,
  log: (text) => expect.fail(text),
  thumbnailer: { thumbnail: unused, close: unused },
  store: {
    listing: createListing([]),
    budget: createStoreBudget(1),
    stagingFolder: unused,
    discard: unused,
    publish: unused,
    remove: unused,
    pathOf: () => '',
  },
});
const document = openApiDocument(limits);

/** The pages and what they are made up with, which are no part of the API. */
const pages = [
  '/',
  '/view/:id',
  '/upload',
  '/delete/:id',
  '/icon.svg',
  '/app.css',
  '/app.js',
  '/openapi.json',
  '/*',
];

it('describes every route of the API, and no other', () => {
  const routed = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !pages.includes(path))
    .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(Array.from(new Set(routed)).toSorted());
});

it('refers only to schemas that are there', () => {
  const referred = Array.from(
    JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
    ([, name]) => name,
  );
  expect(referred.length).toBeGreaterThan(0);
  for (const name of referred) expect(Object.keys(document.components.schemas)).toContain(name);
});
