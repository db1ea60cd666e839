import { expect, it } from 'vitest';
import { isImageId, storedImageFrom, dispositionOf, imageNameFrom } from './stored-image.ts';

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

it.each([
  ['sunset.jpg', 'sunset'],
  ['IMG 0001.tar.png', 'IMG 0001.tar'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\me\\cat.gif', 'cat'],
  ['..', ''],
  ['.png', ''],
  ['', ''],
  ['a\u0000b\r\nc\u202egpj.exe', 'abcgpj'],
  ['Größe 東京.webp', 'Größe 東京'],
  ['\ud800.png', ''],
  [`${'x'.repeat(300)}.png`, 'x'.repeat(100)],
])('shows %j as %j', (fileName, name) => {
  expect(imageNameFrom(fileName)).toBe(name);
});

it('offers a safe name in both forms, with the ending of what the image is', () => {
  expect(dispositionOf({ id: 'f'.repeat(64), type: 'image/png', name: 'Größe "(1)"' })).toBe(
    `inline; filename="Gr__e _(1)_.png"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22%281%29%22.png`,
  );
});

it('offers the start of the id when there is no name', () => {
  const id = '0123456789abcdef'.repeat(4);
  expect(dispositionOf({ id, type: 'image/jpeg', name: '' })).toContain('filename="0123456789ab.jpg"');
});
