import { studentTQuantile } from './distributions.ts';

/** @throws RangeError unless the value is strictly between 0 and 1; `what` names the function and the option. */
export function requireRate(value: number, what: string): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${what} is ${value}, expected between 0 and 1`);
}

/** @throws RangeError unless the value is a whole number of at least `least`; `what` names the function and the option. */
export function requireWhole(value: number, least: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${what} is ${value}, expected a whole number of at least ${least}`);
  }
}

/** @throws RangeError unless the value is finite and not negative; `what` names the function and the option. */
export function requireNotNegative(value: number, what: string): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${what} is ${value}, expected 0 or more`);
}

/** @throws RangeError unless the value is finite and above 0; `what` names the function and the option. */
export function requirePositive(value: number, what: string): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${what} is ${value}, expected more than 0`);
}

/**
 * Guards the entry of every estimate.
 * @param estimate name of the estimate, for the message.
 * @throws RangeError when there are fewer values than the estimate needs, or one is NaN or infinite; names the value and its place.
 */
export function requireSample(values: readonly number[], estimate: string, atLeast = 1): void {
  if (values.length < atLeast) {
    throw new RangeError(`${estimate}: needs at least ${counted(atLeast, 'value')}, got ${values.length}`);
  }
  const place = values.findIndex((value) => !Number.isFinite(value));
  if (place !== -1)
    throw new RangeError(`${estimate}: value ${place} is ${values[place]}, expected a finite number`);
}

/** "1 round", "2 rounds": for every number before a noun in a message or a report. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Arithmetic mean, in the unit of the values.
 * @throws RangeError for no values, NaN or infinity.
 */
export function mean(values: readonly number[]): number {
  requireSample(values, 'mean');
  const rough = values.reduce((sum, value) => sum + value, 0) / values.length;
  // A second pass takes out the rounding of the first.
  return rough + values.reduce((sum, value) => sum + (value - rough), 0) / values.length;
}

/**
 * Standard deviation of a sample (divisor n − 1), in the unit of the values.
 * @throws RangeError for fewer than 2 values, NaN or infinity.
 */
export function sampleStandardDeviation(values: readonly number[]): number {
  requireSample(values, 'sampleStandardDeviation', 2);
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Quantile by linear interpolation between order statistics, type 7 of Hyndman & Fan 1996, "Sample Quantiles in
 * Statistical Packages" (definition 7, the default of R and NumPy).
 * @param probability from 0 (the minimum) to 1 (the maximum).
 * @throws RangeError for no values, NaN or infinity, and for a probability outside 0 … 1.
 */
export function quantile(values: readonly number[], probability: number): number {
  requireSample(values, 'quantile');
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`quantile: probability is ${probability}, expected 0 to 1`);
  }
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (place - Math.floor(place)) * (above - below);
}

/**
 * The middle value, or the mean of the two in the middle.
 * @throws RangeError for no values, NaN or infinity.
 */
export function median(values: readonly number[]): number {
  requireSample(values, 'median');
  return quantile(values, 0.5);
}

/**
 * Smallest value.
 * @throws RangeError for no values, NaN or infinity.
 */
export function minimum(values: readonly number[]): number {
  requireSample(values, 'minimum');
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

/**
 * Largest value.
 * @throws RangeError for no values, NaN or infinity.
 */
export function maximum(values: readonly number[]): number {
  requireSample(values, 'maximum');
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** Lower and upper bound, in the unit of the values. */
export type Interval = [lower: number, upper: number];

/**
 * Confidence interval of the mean by Student's t: x̄ ± t(n−1) · s / √n (Student 1908, "The Probable Error of a Mean").
 * @param confidence share of such intervals that hold the true mean: 0.95.
 * @throws RangeError for fewer than 2 values, NaN or infinity, and for a confidence outside 0 … 1.
 */
export function meanInterval(values: readonly number[], confidence: number): Interval {
  requireSample(values, 'meanInterval', 2);
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`meanInterval: confidence is ${confidence}, expected between 0 and 1`);
  }
  const centre = mean(values);
  const standardError = sampleStandardDeviation(values) / Math.sqrt(values.length);
  const halfWidth = studentTQuantile((1 + confidence) / 2, values.length - 1) * standardError;
  return [centre - halfWidth, centre + halfWidth];
}

/**
 * Centre of a symmetric sample, in the unit of the values: the median of the Walsh averages (xᵢ + xⱼ) / 2, i ≤ j (Hodges &
 * Lehmann 1963, "Estimates of Location Based on Rank Tests"). Up to 29 % of the values may be wild without carrying it away.
 * Takes O(n²) memory.
 * @throws RangeError for no values, NaN or infinity.
 */
export function hodgesLehmann(values: readonly number[]): number {
  requireSample(values, 'hodgesLehmann');
  return median(values.flatMap((x, i) => values.slice(i).map((y) => x / 2 + y / 2)));
}

/** A sample in a few figures, all but `n` in the unit of its values. */
export type Description = {
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation; null with one value. */
  readonly stdev: number | null;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** 95 % interval of the mean by Student's t; null with one value. */
  readonly ci95: Interval | null;
};

/**
 * Describes a sample of independent values: one per trial, never one per request.
 * @throws RangeError for no values, NaN or infinity.
 */
export function describe(values: readonly number[]): Description {
  requireSample(values, 'describe');
  const spreadKnown = values.length > 1;
  return {
    n: values.length,
    mean: mean(values),
    stdev: spreadKnown ? sampleStandardDeviation(values) : null,
    median: median(values),
    min: minimum(values),
    max: maximum(values),
    ci95: spreadKnown ? meanInterval(values, 0.95) : null,
  };
}
