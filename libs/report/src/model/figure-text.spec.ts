import { expect, test } from 'vitest';
import { decimalsOf, meanText, ratioText } from './figure-text.ts';

test('three significant digits decide the decimals, and digits before the point stay', () => {
  expect([0.0912, 0.9996, 1.5, 12.3, 99.96, 7123.4, 0].map(decimalsOf)).toEqual([4, 2, 2, 1, 0, 0, 0]);
});

test('the standard deviation has the decimals of its mean', () => {
  expect(meanText({ mean: 12.345, stdev: 0.4321 })).toBe('12.3 ± 0.4');
  expect(meanText({ mean: 7123.4, stdev: 45.6 })).toBe('7123 ± 46');
});

test('a single trial has no standard deviation', () => {
  expect(meanText({ mean: 1.5, stdev: null })).toBe('1.50');
});

test('a ratio is shown with its interval when there is one', () => {
  expect(ratioText({ ratio: 1.234, ci95: [1.179, 1.291] })).toBe('×1.23 [1.18, 1.29]');
  expect(ratioText({ ratio: 1.234, ci95: null })).toBe('×1.23');
  expect(ratioText({ ratio: null, ci95: null })).toBe('');
});
