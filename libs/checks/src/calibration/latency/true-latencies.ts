import type { ServedRequest } from '@tare/metrics';
import { mean, quantile } from '@tare/statistics';
import type { Latencies } from './latencies.ts';

/** A stretch of the machine's monotonic clock, in milliseconds. */
export type Stretch = { readonly fromMs: number; readonly untilMs: number };

/** What a server itself knows of the latencies of a closed loop: arrival to reply of all it answered in the window. */
export function closedTruth(served: readonly ServedRequest[], { fromMs, untilMs }: Stretch): Latencies {
  return latenciesOf(
    served
      .filter(({ repliedMs }) => repliedMs >= fromMs && repliedMs <= untilMs)
      .map(({ arrivedMs, repliedMs }) => repliedMs - arrivedMs),
  );
}

/**
 * What a server itself knows of the latencies of an open loop: from the planned times to its replies. It is not told the
 * plan, only the rate: the planned times are the evenly spaced ones that no request came before, the closest such ones.
 */
export function openTruth(
  served: readonly ServedRequest[],
  rateRps: number,
  { fromMs, untilMs }: Stretch,
): Latencies {
  const spacingMs = 1000 / rateRps;
  const inOrder = served
    .filter(({ arrivedMs }) => arrivedMs >= fromMs && arrivedMs <= untilMs)
    .toSorted((one, other) => one.arrivedMs - other.arrivedMs);
  const startMs = inOrder.reduce(
    (least, { arrivedMs }, index) => Math.min(least, arrivedMs - index * spacingMs),
    Number.POSITIVE_INFINITY,
  );
  return latenciesOf(inOrder.map(({ repliedMs }, index) => repliedMs - (startMs + index * spacingMs)));
}

function latenciesOf(ms: readonly number[]): Latencies {
  return {
    mean: mean(ms),
    p50: quantile(ms, 0.5),
    p90: quantile(ms, 0.9),
    p95: quantile(ms, 0.95),
    p99: quantile(ms, 0.99),
    max: quantile(ms, 1),
  };
}
