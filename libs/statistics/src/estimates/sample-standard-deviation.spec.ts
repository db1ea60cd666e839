import { expect, test } from 'vitest';
import { sampleStandardDeviation } from './sample-standard-deviation.ts';

test('divides by one less than the number of values', () => {
  expect(sampleStandardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14);
});

test('is exactly 0 for equal values', () => {
  expect(sampleStandardDeviation([0.1, 0.1, 0.1])).toBe(0);
});

test('refuses a single value', () => {
  expect(() => sampleStandardDeviation([3])).toThrow(
    new RangeError('sampleStandardDeviation: needs at least 2 values, got 1'),
  );
});
