import { expect, test } from 'vitest';
import { linearScale } from './linear-scale.ts';

test('an axis ends at the round step above the largest value', () => {
  expect(linearScale(7023)).toEqual({ max: 8000, step: 2000, decimals: 0 });
  expect(linearScale(0.137)).toEqual({ max: 0.15, step: 0.05, decimals: 2 });
  expect(linearScale(11)).toEqual({ max: 12.5, step: 2.5, decimals: 1 });
  expect(linearScale(500)).toEqual({ max: 500, step: 100, decimals: 0 });
});

test('an axis without a positive value goes to 1', () => {
  expect(linearScale(0)).toEqual(linearScale(1));
});
