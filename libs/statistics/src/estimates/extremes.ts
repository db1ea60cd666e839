import { requireSample } from './require-sample.ts';

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
