import { mean } from './mean.ts';
import { requireSample } from './require-sample.ts';

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
