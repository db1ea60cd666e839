import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Quantiles of a latency histogram, in milliseconds. */
export type LatencyQuantiles = {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
};

const microsecondsPerMs = 1000;
const highestMicroseconds = 3_600_000_000;

/**
 * An HDR histogram of latencies in whole microseconds with three significant digits: lossless to merge, small to
 * keep (Tene, HdrHistogram). Values from 1 µs to one hour.
 */
export function createLatencyHistogram(): Histogram {
  return build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestMicroseconds,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
    autoResize: false,
  });
}

/** Adds a latency in milliseconds, at the resolution of a microsecond. */
export function recordLatency(histogram: Histogram, latencyMs: number): void {
  const microseconds = Math.round(latencyMs * microsecondsPerMs);
  histogram.recordValue(Math.min(Math.max(microseconds, 1), highestMicroseconds));
}

/** @returns the quantiles; all 0 for an empty histogram. */
export function latencyQuantiles(histogram: Histogram): LatencyQuantiles {
  const at = (percentile: number): number =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / microsecondsPerMs;
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99) };
}

/** @returns the histogram as V2 compressed, base64: what the run file holds. */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

/**
 * Adds up histograms of a run file.
 * @throws Error when a text is not an encoded histogram.
 */
export function mergeHistograms(encoded: readonly string[]): Histogram {
  const sum = createLatencyHistogram();
  for (const text of encoded) sum.add(decodeFromCompressedBase64(text));
  return sum;
}
