import { expect, it } from 'vitest';
import { decodeCostBytes } from './decode-cost.ts';
import type { ImageHeader } from './decode-cost.ts';

const header: ImageHeader = {
  ...{ type: 'image/jpeg', width: 1000, height: 1000, bands: 3, bytesPerSample: 1 },
  ...{ multiplePasses: false, subsampled: false, animated: false },
};

it.each([
  [{}, 0],
  [{ multiplePasses: true }, 6],
  [{ multiplePasses: true, subsampled: true }, 3],
  [{ type: 'image/png' }, 0],
  [{ type: 'image/png', multiplePasses: true, bands: 4, bytesPerSample: 2 }, 8],
  [{ type: 'image/webp' }, 4],
  [{ type: 'image/webp', animated: true }, 12],
  [{ type: 'image/gif' }, 8],
  [{ type: 'image/avif' }, 16],
  [{ type: 'image/avif', bytesPerSample: 2 }, 32],
] as const)('%j of a megapixel needs %i MB', (difference, megabytes) => {
  expect(decodeCostBytes({ ...header, ...difference })).toBe(megabytes * 1_000_000);
});
