import { flips, mostExact } from './sign-flip-splits.ts';

/** The p-values of a sign-flip test of `n` values are the multiples of 1 / this: a pattern and its opposite are one. */
function stepsOf(n: number): number {
  return n <= mostExact ? 2 ** (n - 1) : flips + 1;
}

/** The most steps, of `steps` to p = 1, with which p is still below `alpha`; 0 when even one is too many. */
export function stepsBelow(alpha: number, steps: number): number {
  return Math.ceil(alpha * steps) - 1;
}

/**
 * The largest p below `alpha` that the sign-flip test of `n` values can give: how often p < alpha really comes out under the
 * hypothesis. 0.031 for 6 values and an alpha of 0.05, 0.047 for 7, close to alpha from 10 on; 0 where it never does.
 */
export function attainedLevel(n: number, alpha: number): number {
  const steps = stepsOf(n);
  return Math.max(0, stepsBelow(alpha, steps)) / steps;
}

/** The p of the clearest result that `n` values can give: all of one sign. With random flips, its expectation. */
export function smallestP(n: number): number {
  const exact = 2 ** (1 - n);
  return n <= mostExact ? exact : (1 + flips * exact) / (1 + flips);
}
