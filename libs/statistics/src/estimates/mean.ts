import { requireSample } from './require-sample.ts';

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
