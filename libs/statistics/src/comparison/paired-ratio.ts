import { meanInterval } from '../estimates/mean-interval.ts';
import type { Interval } from '../estimates/mean-interval.ts';
import { mean } from '../estimates/mean.ts';

/** With fewer rounds no two-sided sign-flip test can reach p < 0.05: at 6 its smallest p is 2⁻⁵. */
export const fewestRounds = 6;

/** What a reader must know about a figure; shown beside it, never printed by this library. */
export type ComparisonWarning = {
  readonly code: 'too-few-rounds' | 'rounds-left-out' | 'out-of-range';
  readonly message: string;
};

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

/** The value of each round; null or undefined where it was not measured. */
export type ByRound = readonly (number | null | undefined)[];

/**
 * Ratio of a candidate to a baseline, paired by round: d = ln candidate − ln baseline, ratio = exp(mean d), and the interval
 * exp(mean d ± t · s / √n). Pairing takes out what a whole round has in common, such as a slow host.
 *
 * A round in which either value is missing or not positive is left out, with a warning.
 * @param candidateByRound in one unit with, and in the same order of rounds as, `baselineByRound`.
 * @throws RangeError when the lists differ in length, or a value is NaN or infinite; names the list and the place.
 */
export function pairedRatio(candidateByRound: ByRound, baselineByRound: ByRound): PairedRatio {
  if (candidateByRound.length !== baselineByRound.length) {
    throw new RangeError(
      `pairedRatio: ${candidateByRound.length} rounds of the candidate, ${baselineByRound.length} of the baseline, expected as many`,
    );
  }
  requireFinite(candidateByRound, 'candidate');
  requireFinite(baselineByRound, 'baseline');

  const logRatios = candidateByRound.flatMap((candidate, round) => {
    const baseline = baselineByRound[round];
    return isPositive(candidate) && isPositive(baseline) ? [Math.log(candidate) - Math.log(baseline)] : [];
  });
  const n = logRatios.length;
  const ratio = n > 0 ? Math.exp(mean(logRatios)) : null;
  const ci95 = n > 1 ? exponential(meanInterval(logRatios, 0.95)) : null;
  const ratioFits = ratio === null || isRepresentable(ratio);
  const intervalFits = ci95 === null || ci95.every(isRepresentable);

  const warnings: ComparisonWarning[] = [];
  const rounds = candidateByRound.length;
  if (n < rounds) {
    warnings.push({
      code: 'rounds-left-out',
      message: `${rounds - n} of ${rounds} rounds left out: candidate or baseline missing or not positive`,
    });
  }
  if (n < fewestRounds)
    warnings.push({ code: 'too-few-rounds', message: `needs at least ${fewestRounds} rounds` });
  if (!ratioFits || !intervalFits) {
    warnings.push({ code: 'out-of-range', message: 'ratio or interval too large or too small for a number' });
  }
  return { n, ratio: ratioFits ? ratio : null, ci95: intervalFits ? ci95 : null, warnings };
}

function requireFinite(values: ByRound, side: string): void {
  values.forEach((value, place) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RangeError(`pairedRatio: ${side} value ${place} is ${value}, expected a finite number`);
    }
  });
}

function isPositive(value: number | null | undefined): value is number {
  return typeof value === 'number' && value > 0;
}

function exponential([lower, upper]: Interval): Interval {
  return [Math.exp(lower), Math.exp(upper)];
}

function isRepresentable(ratio: number): boolean {
  return ratio > 0 && ratio < Infinity;
}
