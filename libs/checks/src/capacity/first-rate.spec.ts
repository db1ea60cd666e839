import { expect, it } from 'vitest';
import { firstRate } from './first-rate.ts';

it.each([
  [50, 1000, 50],
  [50, 100, 50],
  [50, 99, 25],
  [50, 4, 1.5625],
  [50, 0.5, 1],
])('of %s wanted and %s served is %s', (wantedRps, servedRps, rateRps) => {
  expect(firstRate(wantedRps, servedRps, 1)).toBe(rateRps);
});
