import { latencyWindowOf, type Trial } from '@tare/results';
import { build, decodeFromCompressedBase64, JsHistogram, type Histogram } from 'hdr-histogram-js';

/**
 * The latencies of a trial, in microseconds: those of the open loop where there was one.
 * @returns null without a histogram that can be read: a round whose open loop was left out, a run file of another writer.
 */
export function latenciesOf(trial: Trial): Histogram | null {
  const histogram = latencyWindowOf(trial)?.histogram ?? '';
  if (histogram === '') return null;
  try {
    return decodeFromCompressedBase64(histogram);
  } catch {
    return null;
  }
}

/** The sum of some histograms; null when it has no value. */
export function mergedLatencies(histograms: readonly Histogram[]): Histogram | null {
  // those of a run file end at their own largest value: the sum must be able to grow
  const merged = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, autoResize: true });
  for (const histogram of histograms) merged.add(histogram);
  // adding takes the lower end of the largest value's bucket, where all else takes the upper one
  if (merged instanceof JsHistogram)
    merged.maxValue = Math.max(...histograms.map(({ maxValue }) => maxValue));
  return merged.totalCount === 0 ? null : merged;
}
