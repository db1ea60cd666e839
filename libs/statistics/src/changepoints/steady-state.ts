import { requireRate } from '../estimates/require-number.ts';
import { median } from '../estimates/quantile.ts';
import { changePoints, fewestForChangePoint } from './change-points.ts';
import { withoutSpikes } from './without-spikes.ts';

export type SteadyState = {
  /** Place of the first value of the steady part. */
  readonly start: number;
  /** Median of the steady part. */
  readonly level: number;
};

export type SteadyStateOptions = {
  /** Of the permutations by which changes are told from noise. */
  readonly seed: number;
  /** Relative difference of two levels that counts as none, as a share. */
  readonly tolerance: number;
};

/** A steady part shorter than this share of the series may be a pause in a change that goes on. */
const leastShare = 0.4;
/** How long a disturbance, like a collection of garbage, may last that does not end the steady part, in values. */
const spikeReach = 2;
/** A false change costs a longer warm-up, a missed one a wrong figure; both are rare at this level. */
const alpha = 0.01;

/**
 * Where a series has settled for good: its change points part it into stretches of one level each; the steady part is the
 * last stretch with those before it whose levels are the same within the tolerance (after Barrett et al. 2017, "Virtual
 * Machine Warmup Blows Hot and Cold", §4, who compare segments by their means in the same way). Levels are medians, and a
 * spike of one or two values is none.
 * @param values not negative, in their order, evenly spaced in time.
 * @returns null when the series has not settled, for its steady part is less than 40 % of it; and when it has too few values
 *   to tell (`fewestForChangePoint`).
 * @throws RangeError for NaN or infinity, and for bad options.
 */
export function steadyState(
  values: readonly number[],
  { seed, tolerance }: SteadyStateOptions,
): SteadyState | null {
  requireRate(tolerance, 'steadyState: tolerance');
  if (values.length < fewestForChangePoint) return null;
  const calm = withoutSpikes(values, spikeReach);
  const starts = [0, ...changePoints(calm, { seed, alpha }).map(({ index }) => index)];
  const levelFrom = (place: number): number => median(calm.slice(starts[place], starts[place + 1]));
  const last = levelFrom(starts.length - 1);
  let first = starts.length - 1;
  while (first > 0 && Math.abs(levelFrom(first - 1) - last) <= tolerance * Math.abs(last)) first -= 1;
  const start = starts[first] ?? 0;
  if (values.length - start < leastShare * values.length) return null;
  return { start, level: median(calm.slice(start)) };
}
