import { expect, test } from 'vitest';
import { attainedLevel, smallestP } from './attained-level.ts';
import { signFlipTest } from './sign-flip.ts';

test.each([
  { n: 5, level: 0 },
  { n: 6, level: 1 / 32 },
  { n: 7, level: 3 / 64 },
  { n: 10, level: 25 / 512 },
  { n: 30, level: 500 / 10_001 },
])('of $n values, p < 0.05 comes out with a chance of $level', ({ n, level }) => {
  expect(attainedLevel(n, 0.05)).toBe(level);
});

test.each([1, 2, 6, 12, 40])('the clearest result of %s values has the smallest p', (n) => {
  const clearest = Array.from({ length: n }, (_, place) => 1 + place);
  expect(signFlipTest(clearest, 1).p).toBeCloseTo(smallestP(n), 8);
});
