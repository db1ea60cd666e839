import { changePoints, fewestForChangePoint } from './change-points.ts';
import { median, requireRate, requireSample } from './estimates.ts';

export type SteadyState = {
  /** Place of the first value of the steady part. */
  readonly start: number;
  /** Median of the steady part. */
  readonly level: number;
  /** Standard deviation of one value, from the differences of neighbours: levels do not enlarge it. */
  readonly noise: number;
};

export type SteadyStateOptions = {
  /** Seed of the permutations that tell changes from noise. */
  readonly seed: number;
  /** Relative difference of two levels that counts as none, as a share. */
  readonly tolerance: number;
  /** A steady part shorter than this share of the series may be a pause in a change that goes on; 0.4 by default. */
  readonly leastShare?: number;
};

/** The longest disturbance, such as a garbage collection, that does not end the steady part, in values. */
const spikeReach = 2;
/** A false change costs a longer warm-up, a missed one a wrong figure; both are rare at this level. */
const alpha = 0.01;

/**
 * Where a series has settled for good. Its change points split it into stretches of one level each; the steady part is the
 * last stretch, together with the stretches before it whose levels are the same within the tolerance (after Barrett et al.
 * 2017, "Virtual Machine Warmup Blows Hot and Cold", §4, who compare segments by their means in the same way). Levels are
 * medians, and a spike of one or two values is not a level.
 * @param values not negative, in their order, evenly spaced in time.
 * @returns null when the series has not settled (its steady part is less than `leastShare` of it), and when it has too few values
 *   to tell (`fewestForChangePoint`).
 * @throws RangeError for NaN or infinity, and for bad options.
 */
export function steadyState(
  values: readonly number[],
  { seed, tolerance, leastShare = 0.4 }: SteadyStateOptions,
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
  return { start, level: median(calm.slice(start)), noise: noiseOf(calm) };
}

/** Normal noise goes beyond this many standard deviations once in 16,000 values. */
const mostDeviations = 4;
/** Standard deviation of normal noise ÷ median size of the difference of two neighbours: 1.4826 / √2. */
const deviationPerDifference = 1.0484;

/**
 * The series with its spikes cut down: a value further than 4 standard deviations of the noise from the median of its
 * surroundings is moved to that distance (filter of Hampel 1974, with the noise taken from the differences of neighbours,
 * which levels do not enlarge). Steps stay where they are.
 * @param reach how many values on each side are the surroundings; a stretch longer than `reach` is no spike.
 * @throws RangeError for fewer than 2 values, NaN or infinity.
 */
export function withoutSpikes(values: readonly number[], reach: number): readonly number[] {
  requireSample(values, 'withoutSpikes', 2);
  const most = mostDeviations * noiseOf(values);
  return values.map((value, place) => {
    const centre = median(values.slice(Math.max(0, place - reach), place + reach + 1));
    return Math.min(Math.max(value, centre - most), centre + most);
  });
}

function noiseOf(values: readonly number[]): number {
  const differences = values.slice(1).map((value, place) => Math.abs(value - (values[place] ?? NaN)));
  return deviationPerDifference * median(differences);
}
