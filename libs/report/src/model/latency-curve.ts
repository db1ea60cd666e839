import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { Trial } from '@tare/results';

/** A percentile, and the latency that this share of the requests did not exceed. */
export type PercentilePoint = { readonly percentile: number; readonly latencyMs: number };

export type LatencyCurve = {
  /** Replies in the merged histograms. */
  readonly requests: number;
  /** From 50 % on; ends where fewer than `fewestBeyond` requests were slower. */
  readonly line: readonly PercentilePoint[];
  /** The percentiles that one asks for by name, as far as the line goes. */
  readonly named: readonly PercentilePoint[];
};

/** Where a curve ends at the latest. */
export const lastPercentile = 99.9;
/** Its ends, as log10 of 1 ÷ (1 − p): 50 % and 99.9 %. */
const [first, last] = [Math.log10(2), 3];
export const namedPercentiles = [50, 75, 90, 95, 99, 99.9] as const;

const steps = 54;
/** A percentile that rests on fewer slower requests is an anecdote. */
const fewestBeyond = 3;
const microsecondsPerMs = 1000;

/**
 * Latencies over all trials of an environment: their HDR histograms (V2 compressed, base64, microseconds), merged. Those of the open
 * loop where there was one.
 * @returns null when no trial has a histogram that can be read: the page goes without the chart.
 */
export function latencyCurve(trials: readonly Trial[]): LatencyCurve | null {
  const histograms = trials.flatMap(({ load, open }) => decoded((open ?? load).histogram) ?? []);
  if (histograms.length === 0) return null;
  // those of a run file end at their own largest value: the sum must be able to grow
  const merged = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3, autoResize: true });
  for (const histogram of histograms) merged.add(histogram);
  const requests = merged.totalCount;
  if (requests === 0) return null;
  const isSupported = (percentile: number) => requests * (1 - percentile / 100) >= fewestBeyond - 1e-6;
  const pointAt = (percentile: number): PercentilePoint => ({
    percentile,
    latencyMs: merged.getValueAtPercentile(percentile) / microsecondsPerMs,
  });
  const along = Array.from({ length: steps + 1 }, (_, step) => {
    const place = first + ((last - first) * step) / steps;
    return 100 * (1 - 10 ** -place);
  });
  return {
    requests,
    line: along.filter(isSupported).map(pointAt),
    named: namedPercentiles.filter(isSupported).map(pointAt),
  };
}

function decoded(histogram: string) {
  if (histogram === '') return null;
  try {
    return decodeFromCompressedBase64(histogram);
  } catch {
    // a run file of another writer: what cannot be read is not drawn, the figures of the trial are there all the same
    return null;
  }
}
