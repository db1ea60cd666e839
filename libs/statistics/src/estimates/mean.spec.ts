import { expect, test } from 'vitest';
import { mean } from './mean.ts';

test('gives the mean of equal values without rounding', () => {
  expect(mean(Array.from({ length: 10 }, () => 0.1))).toBe(0.1);
});

test('keeps the digits of small differences between large values', () => {
  expect(mean([1e15, 1e15 + 1, 1e15 + 2])).toBe(1e15 + 1);
});

test('refuses no values', () => {
  expect(() => mean([])).toThrow(new RangeError('mean: needs at least 1 value, got 0'));
});

test('refuses infinity', () => {
  expect(() => mean([-Infinity, 1])).toThrow(
    new RangeError('mean: value 0 is -Infinity, expected a finite number'),
  );
});
