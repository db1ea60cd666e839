import { hodgesLehmann } from '../estimates/hodges-lehmann.ts';
import type { Interval } from '../estimates/mean-interval.ts';
import { mean } from '../estimates/mean.ts';
import { requireNotNegative } from '../estimates/require-number.ts';
import { sampleStandardDeviation } from '../estimates/sample-standard-deviation.ts';
import { minimumDetectableDifference } from '../power/minimum-detectable-difference.ts';
import { attainedLevel } from './attained-level.ts';
import type { ComparisonWarning } from './comparison-warning.ts';
import { logRatiosByRound } from './log-ratios.ts';
import type { ByRound } from './log-ratios.ts';
import { outOfRange, ratioOfLog, ratiosOfLogs } from './ratio-of-log.ts';
import { signFlipTest } from './sign-flip.ts';
import { significance } from './verdict.ts';
import type { Direction } from './verdict.ts';

export type ComparisonOptions = {
  /** Relative difference that does not matter, as a share: 0.05 for 5 %. */
  readonly margin: number;
  readonly direction: Direction;
  /** Of the random sign patterns, whole number from 0 to 2⁵³ − 1; without effect up to 12 rounds. */
  readonly seed: number;
};

/** One comparison before the correction for its family. Figures that cannot be had are null, never NaN. */
export type PairedComparison = {
  readonly margin: number;
  readonly direction: Direction;
  /** Rounds that were used: both have a positive value. */
  readonly n: number;
  /** Candidate ÷ baseline: geometric mean of the ratios by round; null without a round. */
  readonly ratio: number | null;
  /** Candidate ÷ baseline by the estimate of Hodges and Lehmann, which single wild rounds do not move; null without a round. */
  readonly hodgesLehmannRatio: number | null;
  /** Interval of the ratio, the inverted sign-flip test; null with fewer than 6 rounds. */
  readonly ci95: Interval | null;
  /** The same, with 90 % confidence, for the test of equivalence; null with fewer than 5 rounds. */
  readonly ci90: Interval | null;
  /** Two-sided, by flipping signs, not adjusted; null without a round. */
  readonly p: number | null;
  /** Standard deviation over rounds of ln candidate − ln baseline; null with fewer than 2 rounds. */
  readonly logRatioStdev: number | null;
  /**
   * The smallest difference that these rounds could have seen: of a true ratio of this, or of 1 / this, p < 0.05 would have
   * come out in about 80 % of such runs (72 % with 6 rounds, 78 % with 7). Not adjusted, and not beyond the margin. See
   * {@link minimumDetectableDifference}; null with fewer than 6 rounds, which can see nothing.
   */
  readonly minimumDetectableRatio: number | null;
  readonly warnings: readonly ComparisonWarning[];
};

/**
 * Compares a candidate with a baseline, paired by round, on the scale of logarithms.
 *
 * A round in which either value is missing or not positive is left out, with a warning. Adjust the p-values of all
 * comparisons that are reported together with `holmAdjusted`, and give each with its adjusted p to `verdictOf`.
 * @param candidateByRound in one unit with, and in the same order of rounds as, `baselineByRound`; one value per trial.
 * @throws RangeError when the lists differ in length, a value is NaN or infinite, the margin is below 0, or the seed bad.
 */
export function comparePaired(
  candidateByRound: ByRound,
  baselineByRound: ByRound,
  { margin, direction, seed }: ComparisonOptions,
): PairedComparison {
  requireNotNegative(margin, 'comparePaired: margin');
  const { values, warnings } = logRatiosByRound(candidateByRound, baselineByRound, 'comparePaired');
  // In one order, sums round alike whatever the order of rounds.
  const logs = values.toSorted((a, b) => a - b);
  const n = logs.length;
  const test = n > 0 ? signFlipTest(logs, seed) : null;
  const stdev = n > 1 ? sampleStandardDeviation(logs) : null;
  const inLogs = {
    ratio: n > 0 ? mean(logs) : null,
    hodgesLehmannRatio: n > 0 ? hodgesLehmann(logs) : null,
    ci95: test?.interval(0.95) ?? null,
    ci90: test?.interval(0.9) ?? null,
    minimumDetectableRatio: stdev === null ? null : minimumDetectableLog(n, stdev),
  };
  const inRatios = {
    ratio: ratioOfLog(inLogs.ratio),
    hodgesLehmannRatio: ratioOfLog(inLogs.hodgesLehmannRatio),
    ci95: ratiosOfLogs(inLogs.ci95),
    ci90: ratiosOfLogs(inLogs.ci90),
    minimumDetectableRatio: ratioOfLog(inLogs.minimumDetectableRatio),
  };
  const lost = countNulls(inRatios) > countNulls(inLogs);
  return {
    margin,
    direction,
    n,
    p: test?.p ?? null,
    logRatioStdev: stdev,
    ...inRatios,
    warnings: lost ? [...warnings, outOfRange] : warnings,
  };
}

function minimumDetectableLog(rounds: number, stdev: number): number | null {
  const alpha = attainedLevel(rounds, significance);
  return alpha > 0 ? minimumDetectableDifference({ rounds, stdev, alpha }) : null;
}

function countNulls(figures: Readonly<Record<string, unknown>>): number {
  return Object.values(figures).filter((figure) => figure === null).length;
}
