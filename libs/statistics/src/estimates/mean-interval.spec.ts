import { expect, test } from 'vitest';
import { meanInterval } from './mean-interval.ts';

test('is wider for more confidence', () => {
  const [lower90, upper90] = meanInterval([1, 2, 3, 4], 0.9);
  const [lower99, upper99] = meanInterval([1, 2, 3, 4], 0.99);
  expect(lower99).toBeLessThan(lower90);
  expect(upper99).toBeGreaterThan(upper90);
});

test('refuses a single value', () => {
  expect(() => meanInterval([1], 0.95)).toThrow(
    new RangeError('meanInterval: needs at least 2 values, got 1'),
  );
});

test.each([0, 1, 95, NaN])('refuses the confidence %s', (confidence) => {
  expect(() => meanInterval([1, 2], confidence)).toThrow(
    new RangeError(`meanInterval: confidence is ${confidence}, expected between 0 and 1`),
  );
});
