import { expect, it } from 'vitest';
import {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  mergeHistograms,
  recordLatency,
} from './latency-histogram.ts';

it('keeps latencies below a millisecond apart', () => {
  const histogram = createLatencyHistogram();
  for (let i = 1; i <= 1000; i++) recordLatency(histogram, i / 1000);
  const { p50, p99 } = latencyQuantiles(histogram);
  expect(p50).toBeCloseTo(0.5, 3);
  expect(p99).toBeCloseTo(0.99, 3);
});

it('keeps three significant digits over six decades', () => {
  for (const latencyMs of [0.001, 0.123, 4.56, 78.9, 1234, 59_999]) {
    const histogram = createLatencyHistogram();
    recordLatency(histogram, latencyMs);
    expect(Math.abs(latencyQuantiles(histogram).p50 / latencyMs - 1)).toBeLessThan(0.001);
  }
});

it('merges what it encoded without loss', () => {
  const all = createLatencyHistogram();
  const parts = [0, 1, 2].map((part) => {
    const histogram = createLatencyHistogram();
    for (let i = part; i < 3000; i += 3) {
      recordLatency(histogram, 0.01 * i);
      recordLatency(all, 0.01 * i);
    }
    return encodeHistogram(histogram);
  });
  const merged = mergeHistograms(parts);
  expect(merged.totalCount).toBe(3000);
  expect(latencyQuantiles(merged)).toEqual(latencyQuantiles(all));
});

it('has quantiles of 0 when it is empty', () => {
  expect(latencyQuantiles(createLatencyHistogram())).toEqual({ p50: 0, p90: 0, p95: 0, p99: 0 });
});
