import { expect, test } from 'vitest';
import { valueScale } from './value-scale.ts';

test('an axis holds all figures between round steps', () => {
  expect(valueScale([5736, 6637])).toEqual({ min: 5500, max: 6750, step: 250, decimals: 0 });
  expect(valueScale([0.88, 0.93])).toEqual({ min: 0.85, max: 0.975, step: 0.025, decimals: 3 });
});

test('noise does not fill a picture: an axis spans a tenth of its level', () => {
  expect(valueScale([1000, 1000])).toEqual({ min: 950, max: 1050, step: 25, decimals: 0 });
});

test('zeros have an axis', () => {
  const { min, max } = valueScale([0, 0]);
  expect(min).toBeLessThan(0);
  expect(max).toBeGreaterThan(0);
});
