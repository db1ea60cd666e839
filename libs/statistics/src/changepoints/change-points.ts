import { requireRate, requireWhole } from '../estimates/require-number.ts';
import { requireSample } from '../estimates/require-sample.ts';
import { seededRandom } from '../schedule/seeded-random.ts';
import type { SeededRandom } from '../schedule/seeded-random.ts';
import { bestSplit } from './best-split.ts';
import type { Split } from './best-split.ts';
import { permutationP } from './permutation-p.ts';
import { shuffle } from './shuffle.ts';

export type ChangePoint = {
  /** Place of the first value after the change. */
  readonly index: number;
  /** Energy statistic of the split, in the unit of the values. */
  readonly statistic: number;
  /** Of the permutation test by which it was accepted; a multiple of 1 / (permutations + 1). */
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
 * With fewer values than this no change can be told from chance at the default options: the clearest step has p = 0.1 among
 * the orders of 6 values, 0.057 among those of 7, and 0.029 among those of 8.
 */
export const fewestForChangePoint = 8;

/**
 * The places where the distribution of a series changes, in rising order: E-divisive (Matteson & James 2014, "A
 * Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", §2 and §3; "E-divisive with means" in Daly
 * et al. 2020, "The Use of Change Point Detection to Identify Software Performance Regressions"), for one dimension and α = 1.
 *
 * Takes the best split of any segment; tests it against permutations within all segments, whose own best splits are taken in
 * the same way; and goes on with the segments that it makes, until a split is not significant. A series without change gives
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
