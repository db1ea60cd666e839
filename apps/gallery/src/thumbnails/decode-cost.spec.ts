import { expect, it } from 'vitest';
import { decodeCostBytes, webpSize, whyRefused } from './decode-cost.ts';
import type { ImageHeader } from './decode-cost.ts';

const header: ImageHeader = {
  ...{ type: 'image/jpeg', width: 1000, height: 1000, bands: 3, bytesPerSample: 1 },
  ...{ multiplePasses: false, subsampled: false, animated: false },
};

it.each([
  [{}, 3],
  [{ height: 3000 }, 3.072],
  [{ width: 30_000, height: 1333, bands: 4 }, 122.88],
  [{ multiplePasses: true }, 6],
  [{ multiplePasses: true, subsampled: true }, 3],
  [{ type: 'image/png' }, 3],
  [{ type: 'image/png', width: 10_000_000, height: 4 }, 120],
  [{ type: 'image/png', width: 5_000_000, height: 8, bands: 4, bytesPerSample: 2 }, 320],
  [{ type: 'image/png', multiplePasses: true, bands: 4, bytesPerSample: 2 }, 8],
  [{ type: 'image/webp' }, 4],
  [{ type: 'image/webp', animated: true }, 12],
  [{ type: 'image/gif' }, 8],
  [{ type: 'image/avif' }, 16],
  [{ type: 'image/avif', bytesPerSample: 2 }, 32],
] as const)('%j of a megapixel needs %d MB', (difference, megabytes) => {
  expect(decodeCostBytes({ ...header, ...difference })).toBeCloseTo(megabytes * 1_000_000);
});

const limits = { maxPixels: 40_000_000, maxSidePixels: 30_000, maxDecodeBytes: 192 * 1024 ** 2 };

it.each([
  [{ width: 8000, height: 5000 }, undefined],
  [{ width: 30_000, height: 1333 }, undefined],
  [{ width: 1, height: 30_000 }, undefined],
  [{ type: 'image/avif', width: 4000, height: 3000 }, undefined],
  [{ width: 8000, height: 5001 }, 'the image has 8000 × 5001 pixels; at most 40 megapixels are taken'],
  [{ width: 1, height: 30_001 }, 'the image has 1 × 30001 pixels; at most 30000 are taken on each side'],
  [{ width: 30_001, height: 1 }, 'the image has 30001 × 1 pixels; at most 30000 are taken on each side'],
] as const)('of %j is said: %s', (difference, why) => {
  expect(whyRefused({ ...header, ...difference }, limits)).toBe(why);
});

it.each([
  ['VP8X', '00000000ff3f00ff3f00', 16_384, 16_384],
  ['VP8L', '2fff3f10000000000000', 16_384, 65],
  ['VP8 ', '1234569d012a10270004', 10_000, 1024],
  ['VP9?', '', 0, 0],
])('reads the size of a WebP that begins with %s', (kind, body, width, height) => {
  const start = Buffer.concat([Buffer.from(`RIFF0000WEBP${kind}0000`), Buffer.from(body, 'hex')]);
  expect(webpSize(start)).toEqual({ width, height });
});
