import { expect, it } from 'vitest';
import { primesUpTo } from './primes-up-to.ts';

it.each([
  [0, []],
  [2, [2]],
  [25, [2, 3, 5, 7, 11, 13, 17, 19, 23]],
  [29, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]],
])('lists the primes up to %i, itself included', (limit, primes) => {
  expect(primesUpTo(limit)).toEqual(primes);
});
