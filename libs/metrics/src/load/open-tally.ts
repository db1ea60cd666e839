import {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  recordLatency,
} from './latency-histogram.ts';
import type { OpenOutcome } from './load-order.ts';

// a send later than this is late: beyond what timers and a busy CPU do to a sound generator
const lateLimitMs = 1;

/** Counts what becomes of the requests of an open window. */
export type OpenTally = {
  readonly sent: (lateMs: number) => void;
  readonly replied: (status: number | undefined, latencyMs: number) => void;
  readonly timedOut: () => void;
  /** Requests that are replied to, failed or timed out. */
  readonly settled: () => number;
  readonly outcome: () => Omit<OpenOutcome, 'durationMs' | 'rateRps' | 'planned' | 'generatorCpuPercent'>;
};

/** @param timeoutMs the latency that a timed-out request counts with. */
export function createOpenTally(timeoutMs: number): OpenTally {
  const histogram = createLatencyHistogram();
  let requests = 0;
  let errors = 0;
  let timeouts = 0;
  let lateSends = 0;
  let maxLateMs = 0;
  let sumMs = 0;
  let maxMs = 0;

  const record = (latencyMs: number): void => {
    sumMs += latencyMs;
    maxMs = Math.max(maxMs, latencyMs);
    recordLatency(histogram, latencyMs);
  };
  return {
    sent: (lateMs) => {
      if (lateMs > lateLimitMs) lateSends += 1;
      maxLateMs = Math.max(maxLateMs, lateMs);
    },
    replied: (status, latencyMs) => {
      if (status === undefined || status < 200 || status > 299) {
        errors += 1;
        return;
      }
      requests += 1;
      record(latencyMs);
    },
    timedOut: () => {
      timeouts += 1;
      record(timeoutMs);
    },
    settled: () => requests + errors + timeouts,
    outcome: () => ({
      requests,
      errors,
      timeouts,
      lateSends,
      maxLateMs,
      latencyMs: {
        mean: histogram.totalCount === 0 ? 0 : sumMs / histogram.totalCount,
        ...latencyQuantiles(histogram),
        max: maxMs,
      },
      histogram: encodeHistogram(histogram),
    }),
  };
}
