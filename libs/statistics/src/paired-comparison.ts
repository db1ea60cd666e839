import { hodgesLehmann, mean, requireNotNegative, sampleStandardDeviation } from './estimates.ts';
import type { Interval } from './estimates.ts';
import { minimumDetectableDifference } from './power.ts';
import { attainedLevel, fewestRounds, signFlipTest } from './sign-flip.ts';
import { significance } from './verdict.ts';
import type { Direction } from './verdict.ts';

/** What a reader must know about a figure; shown beside it, never printed by this library. */
export type ComparisonWarning = {
  readonly code: 'too-few-rounds' | 'rounds-left-out' | 'out-of-range';
  readonly message: string;
};

export type ComparisonOptions = {
  /** Relative difference that does not matter, as a share: 0.05 for 5 %. */
  readonly margin: number;
  readonly direction: Direction;
  /** Seed of the random sign patterns, a whole number from 0 to 2⁵³ − 1; has no effect up to 12 rounds. */
  readonly seed: number;
};

/** One comparison before the correction for its family. Figures that cannot be computed are null, never NaN. */
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
  /** Two-sided p-value of the sign-flip test, not adjusted; null without a round. */
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
 * Compares a candidate with a baseline, paired by round, on the scale of logarithms: the ratio is exp(mean d) with
 * d = ln candidate − ln baseline. Pairing takes out what a whole round has in common, such as a slow host.
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
  const { values, warnings } = logRatiosByRound(candidateByRound, baselineByRound);
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

/** The value of each round; null or undefined where it was not measured. */
export type ByRound = readonly (number | null | undefined)[];

type LogRatios = {
  /** ln candidate − ln baseline of every round in which both are positive, in the order of rounds. */
  readonly values: readonly number[];
  /** Rounds left out; too few rounds. */
  readonly warnings: readonly ComparisonWarning[];
};

/**
 * Pairs two lists by round. A round in which either value is missing or not positive is left out, with a warning.
 * @throws RangeError when the lists differ in length, or a value is NaN or infinite; names the list and the place.
 */
function logRatiosByRound(candidateByRound: ByRound, baselineByRound: ByRound): LogRatios {
  if (candidateByRound.length !== baselineByRound.length) {
    throw new RangeError(
      `comparePaired: ${candidateByRound.length} rounds of the candidate, ${baselineByRound.length} of the baseline, expected as many`,
    );
  }
  requireFinite(candidateByRound, 'comparePaired: candidate');
  requireFinite(baselineByRound, 'comparePaired: baseline');

  const values = candidateByRound.flatMap((candidate, round) => {
    const baseline = baselineByRound[round];
    return isPositive(candidate) && isPositive(baseline) ? [Math.log(candidate) - Math.log(baseline)] : [];
  });
  const n = values.length;
  const rounds = candidateByRound.length;
  const warnings: ComparisonWarning[] = [];
  if (n < rounds) {
    warnings.push({
      code: 'rounds-left-out',
      message: `${rounds - n} of ${rounds} rounds left out: candidate or baseline missing or not positive`,
    });
  }
  if (n < fewestRounds)
    warnings.push({ code: 'too-few-rounds', message: `needs at least ${fewestRounds} rounds` });
  return { values, warnings };
}

function requireFinite(values: ByRound, side: string): void {
  values.forEach((value, place) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RangeError(`${side} value ${place} is ${value}, expected a finite number`);
    }
  });
}

function isPositive(value: number | null | undefined): value is number {
  return typeof value === 'number' && value > 0;
}

const outOfRange: ComparisonWarning = {
  code: 'out-of-range',
  message: 'ratio or interval too large or too small for a number',
};

/** exp(log); null where there is none, or where the ratio leaves the range of a double. */
function ratioOfLog(log: number | null): number | null {
  if (log === null) return null;
  const ratio = Math.exp(log);
  return ratio > 0 && ratio < Infinity ? ratio : null;
}

/** exp of both bounds; null where there are none, or where one leaves the range of a double. */
function ratiosOfLogs(logs: Interval | null): Interval | null {
  const lower = ratioOfLog(logs?.[0] ?? null);
  const upper = ratioOfLog(logs?.[1] ?? null);
  return lower === null || upper === null ? null : [lower, upper];
}
