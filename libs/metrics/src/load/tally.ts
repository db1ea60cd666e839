import {
  createLatencyHistogram,
  encodeHistogram,
  latencyQuantiles,
  recordLatency,
} from './latency-histogram.ts';
import type { Counts } from './load-spec.ts';

/** Counts replies, failures and timeouts. */
export type Counter = {
  readonly replied: (latencyMs: number) => void;
  /** @param what the failure is called: "status 500", "ECONNRESET". */
  readonly failed: (what: string) => void;
  readonly timedOut: () => void;
};

/** Counts what becomes of the requests of a window. */
export type Tally = Counter & {
  /** 2xx replies so far. */
  readonly requests: () => number;
  /** Requests that are replied to, failed or timed out. */
  readonly settled: () => number;
  readonly counts: () => Counts;
};

/**
 * @param timeoutLatencyMs the latency that a timed-out request counts with, so that quantiles are not flattered; undefined
 *   leaves it out of the latencies.
 */
export function createTally(timeoutLatencyMs?: number): Tally {
  const histogram = createLatencyHistogram();
  const failures: Record<string, number> = {};
  let requests = 0;
  let errors = 0;
  let timeouts = 0;
  let sumMs = 0;
  let maxMs = 0;
  const record = (latencyMs: number): void => {
    sumMs += latencyMs;
    if (latencyMs > maxMs) maxMs = latencyMs;
    recordLatency(histogram, latencyMs);
  };
  return {
    replied: (latencyMs) => {
      requests += 1;
      record(latencyMs);
    },
    failed: (what) => {
      errors += 1;
      failures[what] = (failures[what] ?? 0) + 1;
    },
    timedOut: () => {
      timeouts += 1;
      if (timeoutLatencyMs !== undefined) record(timeoutLatencyMs);
    },
    requests: () => requests,
    settled: () => requests + errors + timeouts,
    counts: () => ({
      requests,
      errors,
      timeouts,
      failures: { ...failures },
      latencyMs: {
        mean: histogram.totalCount === 0 ? 0 : sumMs / histogram.totalCount,
        ...latencyQuantiles(histogram),
        max: maxMs,
      },
      histogram: encodeHistogram(histogram),
    }),
  };
}

/** Whether a window of a number of requests is over: enough were answered, or too many failed for that ever to happen. */
export function hasEnough(tally: Tally, requests: number): boolean {
  return tally.requests() >= requests || tally.settled() > 2 * requests;
}

/** @returns "status 500 × 1234, ECONNRESET × 3, timeout × 8", the most frequent first; empty when nothing failed. */
export function failuresText({ failures, timeouts }: Pick<Counts, 'failures' | 'timeouts'>): string {
  return [...Object.entries(failures), ...(timeouts > 0 ? [['timeout', timeouts] as const] : [])]
    .toSorted(([, one], [, other]) => other - one)
    .map(([what, count]) => `${what} × ${count}`)
    .join(', ');
}
