import { requireSample } from './require-sample.ts';

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
