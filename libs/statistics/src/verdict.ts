import { requireNotNegative } from './estimates.ts';
import type { Interval } from './estimates.ts';
import { fewestRounds } from './sign-flip.ts';

/** Which way a metric is good. */
export type Direction = 'lower' | 'higher';

export type Verdict = 'better' | 'worse' | 'same' | 'undecided';

/** What a verdict needs; a comparison with an adjusted p has all of it. */
export type Evidence = {
  /** Rounds that were used. */
  readonly n: number;
  /** Two-sided, adjusted for the family that is reported; null without a test. */
  readonly p: number | null;
  /** Intervals of the ratio candidate ÷ baseline; null where they have no bounds. */
  readonly ci95: Interval | null;
  readonly ci90: Interval | null;
  /** Relative difference that does not matter, as a share: 0.05 for 5 %. See {@link isEquivalent}. */
  readonly margin: number;
  readonly direction: Direction;
};

/** A difference counts when its adjusted p is below this. */
export const significance = 0.05;

/**
 * Better or worse: the adjusted p is below 0.05 and the whole 95 % interval lies beyond the margin. Same: the 90 % interval
 * lies inside the margin, whether or not the difference is significant. Otherwise, and always with fewer than 6 rounds, undecided.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function verdictOf({ n, p, ci95, ci90, margin, direction }: Evidence): Verdict {
  requireNotNegative(margin, 'verdictOf: margin');
  if (n < fewestRounds) return 'undecided';
  const side = ci95 === null ? null : beyondMargin(ci95, margin);
  if (side !== null && p !== null && p < significance) {
    return (side === 'below') === (direction === 'lower') ? 'better' : 'worse';
  }
  return ci90 !== null && isEquivalent(ci90, margin) ? 'same' : 'undecided';
}

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

/**
 * Holm's step-down correction (Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure"): calling different what
 * stays below α makes even one false call in the family with a probability of at most α, however the tests hang together.
 * @param pValues of one family; null where there was nothing to test, which does not count.
 * @returns adjusted p-values in the order of the input, null where it has null.
 * @throws RangeError for a p-value outside 0 … 1; names its place.
 */
export function holmAdjusted(pValues: readonly (number | null)[]): (number | null)[] {
  pValues.forEach((p, place) => {
    if (p !== null && !(p >= 0 && p <= 1)) {
      throw new RangeError(`holmAdjusted: p-value ${place} is ${p}, expected 0 to 1`);
    }
  });
  const ranked = pValues
    .flatMap((p, place) => (p === null ? [] : [{ p, place }]))
    .sort((one, other) => one.p - other.p);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  ranked.forEach(({ p, place }, rank) => {
    largest = Math.max(largest, Math.min(1, (ranked.length - rank) * p));
    adjusted[place] = largest;
  });
  return adjusted;
}
