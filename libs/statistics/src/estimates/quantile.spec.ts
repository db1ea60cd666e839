import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { median, quantile } from './quantile.ts';

test.each(reference.descriptions)('gives the quantiles of $values as R does', ({ values, quantiles }) => {
  quantiles.forEach((expected, place) => {
    const probability = reference.probabilities[place] ?? NaN;
    expectCloseToR(quantile(values, probability), expected, `quantile ${probability}`);
  });
});

test('leaves the order of its input alone', () => {
  const values = [3, 1, 2];
  expect(median(values)).toBe(2);
  expect(values).toEqual([3, 1, 2]);
});

test.each([-0.1, 1.1, NaN])('refuses the probability %s', (probability) => {
  expect(() => quantile([1, 2], probability)).toThrow(
    new RangeError(`quantile: probability is ${probability}, expected 0 to 1`),
  );
});

test('refuses the median of nothing under its own name', () => {
  expect(() => median([])).toThrow(new RangeError('median: needs at least 1 value, got 0'));
});
