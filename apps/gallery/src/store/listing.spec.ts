import { expect, it } from 'vitest';
import type { StoredImage } from '../images/stored-image.ts';
import { createListing } from './listing.ts';

/** Number n, added at second n. */
function image(n: number): StoredImage {
  return {
    ...{ id: String(n).padStart(64, '0'), type: 'image/png', bytes: 1, width: 1, height: 1, name: `${n}` },
    addedAt: new Date(n * 1000).toISOString(),
    thumbnail: { bytes: 1, width: 1, height: 1 },
  };
}

const namesOf = (images: readonly StoredImage[] = []) => images.map(({ name }) => name).join(' ');

it('has one empty page when there is nothing', () => {
  const listing = createListing([]);
  expect(listing.page(1)).toEqual({ images: [], page: 1, pages: 1, total: 0 });
  expect([listing.page(0), listing.page(2)]).toEqual([undefined, undefined]);
});

it('is sorted newest first, whatever the order of adding', () => {
  const listing = createListing([image(2), image(5)]);
  for (const n of [3, 9, 1, 3]) listing.add(image(n));
  expect(namesOf(listing.page(1)?.images)).toBe('9 5 3 2 1');
});

it('has pages of 24', () => {
  const listing = createListing(Array.from({ length: 49 }, (_, n) => image(n + 1)));
  expect([1, 2, 3, 4].map((page) => listing.page(page)?.images.length)).toEqual([24, 24, 1, undefined]);
  expect(listing.page(3)).toMatchObject({ page: 3, pages: 3, total: 49 });
});

it('forgets what is removed', () => {
  const listing = createListing([image(1), image(2), image(3)]);
  listing.remove(image(2).id);
  listing.remove('unknown');
  expect(namesOf(listing.page(1)?.images)).toBe('3 1');
  expect(listing.get(image(2).id)).toBeUndefined();
});

it('knows the neighbours', () => {
  const listing = createListing([image(1), image(2), image(3)]);
  expect(listing.beside(image(2).id)).toEqual({ newer: image(3), older: image(1) });
  expect(listing.beside(image(3).id)).toEqual({ newer: undefined, older: image(2) });
  expect(listing.beside('unknown')).toEqual({ newer: undefined, older: undefined });
});

it('keeps images of one millisecond apart', () => {
  const [one, two] = [image(1), { ...image(2), addedAt: image(1).addedAt }];
  const listing = createListing([two, one]);
  listing.remove(two.id);
  expect(listing.page(1)?.images).toEqual([one]);
});
