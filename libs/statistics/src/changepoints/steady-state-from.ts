import { mean } from '../estimates/mean.ts';
import { median } from '../estimates/quantile.ts';
import { requireNotNegative, requireRate, requireWhole } from '../estimates/require-number.ts';
import { requireSample } from '../estimates/require-sample.ts';
import { seededRandom } from '../schedule/seeded-random.ts';
import type { SeededRandom } from '../schedule/seeded-random.ts';
import { levelWindow } from './level-window.ts';
import type { LevelWindow } from './level-window.ts';
import { permutationP } from './permutation-p.ts';
import { shuffle } from './shuffle.ts';
import { withoutSpikes } from './without-spikes.ts';

export type SteadyState = {
  /** Place of the first value of the steady part; 0 when the whole series is steady. */
  readonly index: number;
  /** Median of the steady part, in the unit of the values. */
  readonly level: number;
};

export type SteadyStateOptions = {
  /** Whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** Probability of seeing a change in a series without one; 0.05 by default. */
  readonly alpha?: number;
  /** Two levels whose ratio is no further from 1 count as one level, as a share; 0.02 by default. */
  readonly tolerance?: number;
  /** Fewest values at one level; 5 by default. */
  readonly minimumSegment?: number;
};

const permutations = 999;
/** A steady part that is shorter than this share of the series has not been seen for long enough. */
const shortestSteadyShare = 0.25;

/**
 * The first place from which a series stays at the level of its end: throughput per 100 ms after a start, for one. After
 * Barrett et al. 2017, "Virtual Machine Warmup Blows Hot and Cold": levels by change points, and a last level that must be
 * long enough; with a permutation test in place of their fixed penalty.
 *
 * Cuts down spikes, so that a stalled moment is no level, and parts the series into two levels by least squares: a stretch
 * and the rest of it. That is a change when a permutation test says so and the medians of the two are apart by more than the
 * tolerance. Then the same with what follows the stretch, until there is no change: that part is steady. A disturbance in the
 * midst of a steady series thus makes the steady part begin after it.
 * Costs O(999 · n²) per change: 30 ms for n = 100.
 * @returns null when there is no steady state: the last level is shorter than a quarter of the series or than two segments,
 *   or it still rises or falls by more than the tolerance.
 * @throws RangeError for fewer than 2 · minimumSegment values, NaN or infinity, and for bad options.
 */
export function steadyStateFrom(
  values: readonly number[],
  { seed, alpha = 0.05, tolerance = 0.02, minimumSegment = 5 }: SteadyStateOptions,
): SteadyState | null {
  requireWhole(minimumSegment, 2, 'steadyStateFrom: minimumSegment');
  requireSample(values, 'steadyStateFrom', 2 * minimumSegment);
  requireRate(alpha, 'steadyStateFrom: alpha');
  requireNotNegative(tolerance, 'steadyStateFrom: tolerance');
  const random = seededRandom(seed);
  const shortest = Math.max(2 * minimumSegment, shortestSteadyShare * values.length);
  const smooth = withoutSpikes(values, minimumSegment - 1);
  let index = 0;
  while (smooth.length - index >= shortest) {
    const rest = smooth.slice(index);
    const other = significantWindow(rest, minimumSegment, alpha, random);
    if (other === null) return { index, level: median(rest) };
    const inside = rest.slice(other.start, other.end);
    const outside = [...rest.slice(0, other.start), ...rest.slice(other.end)];
    if (apart(median(inside), median(outside), tolerance)) {
      index += other.end;
    } else {
      return drifts(rest, tolerance) ? null : { index, level: median(rest) };
    }
  }
  return null;
}

function significantWindow(
  values: readonly number[],
  minimumSegment: number,
  alpha: number,
  random: SeededRandom,
): LevelWindow | null {
  const centre = mean(values);
  const centred = Float64Array.from(values, (value) => value - centre);
  const found = levelWindow(centred, minimumSegment);
  if (found === null || !(found.gain > 0)) return null;
  const isExtreme = (): boolean => {
    shuffle(centred, 0, centred.length, random);
    return (levelWindow(centred, minimumSegment)?.gain ?? 0) >= found.gain;
  };
  return permutationP(isExtreme, permutations, alpha) === null ? null : found;
}

function apart(before: number, after: number, tolerance: number): boolean {
  return Math.abs(before - after) > tolerance * Math.abs(after);
}

/** Whether a line through the values, by Sen 1968, "Estimates of the Regression Coefficient Based on Kendall's Tau", climbs too far. */
function drifts(values: readonly number[], tolerance: number): boolean {
  const slopes = values.flatMap((value, place) =>
    values.slice(0, place).map((earlier, before) => (value - earlier) / (place - before)),
  );
  return Math.abs(median(slopes)) * (values.length - 1) > tolerance * Math.abs(median(values));
}
