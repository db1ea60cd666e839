import { requireRate, requireSample, requireWhole } from './estimates.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';

export type ChangePoint = {
  /** Place of the first value after the change. */
  readonly index: number;
  /** Energy statistic of the split, in the unit of the values. */
  readonly statistic: number;
  /** p-value of the permutation test that accepted it; a multiple of 1 / (permutations + 1). */
  readonly p: number;
};

export type ChangePointOptions = {
  /** Whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** Largest p of a change; 0.05 by default. */
  readonly alpha?: number;
  /** 999 by default. */
  readonly permutations?: number;
  /** Fewest values between two changes, at least 2; 3 by default. */
  readonly minimumSegment?: number;
};

/** Permuted statistics that should equal the observed one differ by rounding: this share of it counts as equal. */
const tieTolerance = 1e-10;

/**
 * With fewer values than this, the default options cannot tell any change from chance: the clearest step has p = 0.1 among
 * the orders of 6 values, 0.057 among those of 7, and 0.029 among those of 8.
 */
export const fewestForChangePoint = 8;

/**
 * The places where the distribution of a series changes, in rising order: E-divisive (Matteson & James 2014, "A
 * Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", §2 and §3; "E-divisive with means" in Daly
 * et al. 2020, "The Use of Change Point Detection to Identify Software Performance Regressions"), for one dimension and α = 1.
 *
 * Takes the best split of any segment; tests it against permutations within all segments, whose own best splits are taken in
 * the same way; and continues with the new segments until a split is not significant. A series without change gives
 * one with a probability of at most alpha. It is the whole series, in its order, that counts: values are taken to be
 * independent, and a slow drift shows as one or more steps.
 *
 * Costs O(permutations · n²) per change found and less for the last, rejected one: 50 ms for n = 100, 5 s for n = 1000.
 * @returns an empty array for a series of fewer than 2 · minimumSegment values.
 * @throws RangeError for NaN or infinity, and for bad options.
 */
export function changePoints(
  values: readonly number[],
  { seed, alpha = 0.05, permutations = 999, minimumSegment = 3 }: ChangePointOptions,
): readonly ChangePoint[] {
  requireSample(values, 'changePoints', 0);
  requireRate(alpha, 'changePoints: alpha');
  requireWhole(permutations, 1, 'changePoints: permutations');
  requireWhole(minimumSegment, 2, 'changePoints: minimumSegment');
  const random = seededRandom(seed);
  const found: ChangePoint[] = [];
  for (;;) {
    const bounds = [0, ...found.map(({ index }) => index).toSorted((a, b) => a - b), values.length];
    const split = bestOfSegments(values, bounds, minimumSegment);
    if (split === null) break;
    const least = split.statistic - tieTolerance * Math.abs(split.statistic);
    const isExtreme = (): boolean => {
      const permuted = permutedWithin(values, bounds, random);
      return (bestOfSegments(permuted, bounds, minimumSegment)?.statistic ?? -Infinity) >= least;
    };
    const p = permutationP(isExtreme, permutations, alpha);
    if (p === null) break;
    found.push({ ...split, p });
  }
  return found.toSorted((a, b) => a.index - b.index);
}

function bestOfSegments(
  values: ArrayLike<number>,
  bounds: readonly number[],
  minimumSegment: number,
): Split | null {
  return segmentsOf(bounds)
    .map(([start, end]) => bestSplit(values, start, end, minimumSegment))
    .reduce(
      (best, split) => (split !== null && (best === null || split.statistic > best.statistic) ? split : best),
      null,
    );
}

function permutedWithin(
  values: readonly number[],
  bounds: readonly number[],
  random: SeededRandom,
): Float64Array {
  const permuted = Float64Array.from(values);
  for (const [start, end] of segmentsOf(bounds)) shuffle(permuted, start, end, random);
  return permuted;
}

function segmentsOf(bounds: readonly number[]): readonly (readonly [number, number])[] {
  return bounds.slice(1).map((end, place) => [bounds[place] ?? 0, end] as const);
}

/** The best place to split a stretch of a series, and how far apart the two parts are. */
type Split = {
  /** Place of the first value after the split. */
  readonly index: number;
  /** Largest energy statistic over all ends of the right part, in the unit of the values. */
  readonly statistic: number;
};

/**
 * The split of values[start … end) with the largest energy statistic: the maximum over its place τ and over the end κ of the
 * right part (Matteson & James 2014, equation 7), so that a later change does not hide an earlier one. The first of equals.
 * Costs O(n²) time and O(n) memory: the sums of distances for one τ follow from those for the one before.
 * @param minimumSegment fewest values of each part, at least 2.
 * @returns null when the stretch is too short for two parts.
 */
export function bestSplit(
  values: ArrayLike<number>,
  start: number,
  end: number,
  minimumSegment: number,
): Split | null {
  const n = end - start;
  if (n < 2 * minimumSegment) return null;
  const at = (place: number): number => values[start + place] ?? NaN;

  // toLeft[j]: distances of value j to the values before τ. withinFirst[k]: distances within the first k values.
  const toLeft = new Float64Array(n);
  const withinFirst = new Float64Array(n + 1);
  for (let j = 1; j < n; j += 1) {
    let toEarlier = 0;
    for (let i = 0; i < j; i += 1) toEarlier += Math.abs(at(i) - at(j));
    withinFirst[j + 1] = (withinFirst[j] ?? 0) + toEarlier;
  }

  let best: Split | null = null;
  for (let tau = 1; tau <= n - minimumSegment; tau += 1) {
    const added = at(tau - 1);
    for (let j = tau; j < n; j += 1) toLeft[j] = (toLeft[j] ?? 0) + Math.abs(added - at(j));
    if (tau < minimumSegment) continue;
    const withinLeft = withinFirst[tau] ?? 0;
    let between = 0;
    for (let kappa = tau + 1; kappa <= n; kappa += 1) {
      between += toLeft[kappa - 1] ?? 0;
      if (kappa - tau < minimumSegment) continue;
      const withinRight = (withinFirst[kappa] ?? 0) - withinLeft - between;
      const statistic = energyOf(tau, kappa - tau, between, withinLeft, withinRight);
      if (best === null || statistic > best.statistic) best = { index: start + tau, statistic };
    }
  }
  return best;
}

/**
 * How far apart two samples are as wholes, in the unit of their values: Q̂ of Matteson & James 2014, "A Nonparametric
 * Approach for Multiple Change Point Analysis of Multivariate Data", equation 6, with α = 1 and one dimension:
 * n·m/(n+m) · (2·mean |x − y| − mean |x − x′| − mean |y − y′|), the means over all pairs of different members.
 * About 0, at times below it, when both come from the same distribution.
 * @param between sum of the distances between the sides.
 * @param withinLeft sum of the distances within the left side, every pair counted once.
 */
export function energyOf(
  leftCount: number,
  rightCount: number,
  between: number,
  withinLeft: number,
  withinRight: number,
): number {
  const distance =
    (2 * between) / (leftCount * rightCount) -
    (2 * withinLeft) / (leftCount * (leftCount - 1)) -
    (2 * withinRight) / (rightCount * (rightCount - 1));
  return ((leftCount * rightCount) / (leftCount + rightCount)) * distance;
}

/**
 * p-value of a permutation test by Monte Carlo: (1 + permutations at least as extreme) / (1 + permutations), which is never 0
 * (Phipson & Smyth 2010, "Permutation P-values Should Never Be Zero"). Stops as soon as p can no longer reach `alpha` or
 * less: that changes no decision and saves most of the time when there is nothing to find.
 * @param isExtreme makes one permutation and returns whether its statistic is at least the observed one.
 * @returns null when p is above alpha.
 */
export function permutationP(isExtreme: () => boolean, permutations: number, alpha: number): number | null {
  const most = Math.floor(alpha * (permutations + 1) * (1 + Number.EPSILON)) - 1;
  let extreme = 0;
  for (let made = 0; made < permutations && extreme <= most; made += 1) {
    if (isExtreme()) extreme += 1;
  }
  return extreme > most ? null : (1 + extreme) / (1 + permutations);
}

/** Puts values[start … end) into random order, in place, every order equally likely (Durstenfeld 1964, Algorithm 235). */
export function shuffle(values: Float64Array, start: number, end: number, random: SeededRandom): void {
  for (let last = end - 1; last > start; last -= 1) {
    const other = start + random.below(last - start + 1);
    const moved = values[last] ?? NaN;
    values[last] = values[other] ?? NaN;
    values[other] = moved;
  }
}
