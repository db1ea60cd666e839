import { studentTQuantile } from '../distributions/student-t.ts';
import { mean } from './mean.ts';
import { requireSample } from './require-sample.ts';
import { sampleStandardDeviation } from './sample-standard-deviation.ts';

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
