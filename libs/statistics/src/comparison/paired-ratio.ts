import { meanInterval } from '../estimates/mean-interval.ts';
import type { Interval } from '../estimates/mean-interval.ts';
import { mean } from '../estimates/mean.ts';
import type { ComparisonWarning } from './comparison-warning.ts';
import { logRatiosByRound } from './log-ratios.ts';
import type { ByRound } from './log-ratios.ts';
import { outOfRange, ratioOfLog, ratiosOfLogs } from './ratio-of-log.ts';

/** Candidate against baseline, over rounds. */
export type PairedRatio = {
  /** Rounds that were used: both have a positive value. */
  readonly n: number;
  /** Candidate ÷ baseline: geometric mean of the ratios by round; null without a round. */
  readonly ratio: number | null;
  /** 95 % interval of the ratio; null with fewer than 2 rounds. */
  readonly ci95: Interval | null;
  readonly warnings: readonly ComparisonWarning[];
};

/**
 * Ratio of a candidate to a baseline, paired by round: d = ln candidate − ln baseline, ratio = exp(mean d), and the interval
 * exp(mean d ± t · s / √n). Pairing takes out what a whole round has in common, such as a slow host.
 *
 * A round in which either value is missing or not positive is left out, with a warning. The interval supposes normal d;
 * for a test and an interval that do not, see `comparePaired`.
 * @param candidateByRound in one unit with, and in the same order of rounds as, `baselineByRound`.
 * @throws RangeError when the lists differ in length, or a value is NaN or infinite; names the list and the place.
 */
export function pairedRatio(candidateByRound: ByRound, baselineByRound: ByRound): PairedRatio {
  const { values, warnings } = logRatiosByRound(candidateByRound, baselineByRound, 'pairedRatio');
  const n = values.length;
  const ratio = n > 0 ? ratioOfLog(mean(values)) : null;
  const ci95 = n > 1 ? ratiosOfLogs(meanInterval(values, 0.95)) : null;
  const fits = (ratio !== null || n < 1) && (ci95 !== null || n < 2);
  return { n, ratio, ci95, warnings: fits ? warnings : [...warnings, outOfRange] };
}
