import type { Interval } from '../estimates/mean-interval.ts';
import { requireNotNegative } from '../estimates/require-number.ts';
import { fewestRounds } from './fewest-rounds.ts';
import { beyondMargin, isEquivalent } from './margin.ts';

/** Which way a metric is good. */
export type Direction = 'lower' | 'higher';

export type Verdict = 'better' | 'worse' | 'same' | 'undecided';

/** What a verdict is made of; a comparison with its p adjusted has it all. */
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

/** What an adjusted p must be below. */
export const significance = 0.05;

/**
 * Better or worse: the adjusted p is below 0.05 and the whole 95 % interval lies beyond the margin. Same: the 90 % interval
 * lies inside the margin, be the difference significant or not. Otherwise, and always with fewer than 6 rounds, undecided.
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
