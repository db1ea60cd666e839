import { maximum, minimum } from './extremes.ts';
import { meanInterval } from './mean-interval.ts';
import type { Interval } from './mean-interval.ts';
import { mean } from './mean.ts';
import { median } from './quantile.ts';
import { requireSample } from './require-sample.ts';
import { sampleStandardDeviation } from './sample-standard-deviation.ts';

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
