import { expect, it } from 'vitest';
import { shown, byteSize, wholeNumber } from './text.ts';

it('quotes a value and escapes what would break the line', () => {
  expect(shown('a"\n')).toBe('"a\\"\\n"');
});

it('cuts a long value and says how long it was', () => {
  expect(shown('9'.repeat(400))).toBe(`"${'9'.repeat(40)}"… (400 characters)`);
});

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

it.each([
  ['0', 0],
  ['7', 7],
  ['007', 7],
  ['0000000001', 1],
  ['250', 250],
])('reads %j as %i', (text, value) => {
  expect(wholeNumber(text, 250)).toBe(value);
});

it.each(['', ' ', ' 7', '7 ', '7\n', '-1', '+5', '1.5', '1e3', '0x10', '٣', '251', 'NaN', '9'.repeat(400)])(
  'refuses %j',
  (text) => {
    expect(wholeNumber(text, 250)).toBeUndefined();
  },
);
