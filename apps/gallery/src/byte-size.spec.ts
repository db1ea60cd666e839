import { expect, it } from 'vitest';
import { byteSize } from './byte-size.ts';

it.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024 ** 2, '10 MiB'],
  [2 * 1024 ** 3, '2 GiB'],
])('writes %i as %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});
