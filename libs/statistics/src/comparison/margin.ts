import type { Interval } from '../estimates/mean-interval.ts';
import { requireNotNegative } from '../estimates/require-number.ts';

/**
 * The ratios that count as no difference worth talking about: 1/(1+δ) to 1+δ, which is ±ln(1+δ) on the scale of logarithms.
 * Not 1−δ to 1+δ: with that, a candidate could be the same as the baseline while the baseline is not the same as it.
 * @param margin δ as a share: 0.05 for 5 %.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function marginBounds(margin: number): Interval {
  requireNotNegative(margin, 'marginBounds: margin');
  return [1 / (1 + margin), 1 + margin];
}

/** Whether the whole interval of the ratio lies on one side of the margin: 'below', 'above', or null. */
export function beyondMargin([lower, upper]: Interval, margin: number): 'below' | 'above' | null {
  const [least, most] = marginBounds(margin);
  if (upper < least) return 'below';
  return lower > most ? 'above' : null;
}

/**
 * Two one-sided tests of equivalence at 5 % each (Schuirmann 1987, "A Comparison of the Two One-Sided Tests Procedure and
 * the Power Approach"): they both reject when the 90 % interval lies strictly inside the margin. A margin of 0 is never met.
 * @param ci90 interval of the ratio.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function isEquivalent([lower, upper]: Interval, margin: number): boolean {
  const [least, most] = marginBounds(margin);
  return lower > least && upper < most;
}
