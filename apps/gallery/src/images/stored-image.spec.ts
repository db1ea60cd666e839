import { expect, it } from 'vitest';
import { isImageId, storedImageFrom } from './stored-image.ts';

const image = {
  id: 'a1'.repeat(32),
  type: 'image/png',
  bytes: 1234,
  width: 640,
  height: 480,
  name: 'a name',
  addedAt: '2026-11-21T12:00:00.000Z',
  thumbnail: { bytes: 99, width: 320, height: 240 },
};

it('reads back what was written', () => {
  expect(storedImageFrom(JSON.stringify(image))).toEqual(image);
});

it.each([
  '',
  'null',
  '[]',
  JSON.stringify(image).slice(0, -2),
  JSON.stringify({ ...image, id: '../../etc/passwd' }),
  JSON.stringify({ ...image, type: 'image/svg+xml' }),
  JSON.stringify({ ...image, width: 0 }),
  JSON.stringify({ ...image, bytes: '1234' }),
  JSON.stringify({ ...image, addedAt: 'yesterday' }),
  JSON.stringify({ ...image, thumbnail: null }),
])('makes nothing of %s', (json) => {
  expect(storedImageFrom(json)).toBeUndefined();
});

it('knows an id', () => {
  expect([isImageId(image.id), isImageId(image.id.toUpperCase()), isImageId('..')]).toEqual([
    true,
    false,
    false,
  ]);
});
