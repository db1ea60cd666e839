import { expect, it } from 'vitest';
import { wholeNumber } from './whole-number.ts';

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
