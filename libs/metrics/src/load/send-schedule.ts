/**
 * When to send: pure, and free of what the replies do. Times count from the start of the schedule.
 * The idea of a pacer as pure functions that tell what they are is vegeta's (lib/pacer.go).
 */
export type SendSchedule = {
  /** Planned time of the request with this index (the first has 0), in milliseconds. */
  readonly plannedMs: (index: number) => number;
  /** How many requests are planned before this time. */
  readonly plannedBefore: (timeMs: number) => number;
  readonly toString: () => string;
};

/**
 * Sends at a constant rate: the k-th request (from 0) at k ÷ rate. Each time is computed from its index, so rounding
 * does not add up.
 * @throws Error when the rate is not a finite number above 0.
 */
export function constantRate(rateRps: number): SendSchedule {
  if (!Number.isFinite(rateRps) || rateRps <= 0)
    throw new Error(`rateRps: ${rateRps}: expected a finite number of requests per second above 0`);
  const plannedMs = (index: number): number => (index * 1000) / rateRps;
  return {
    plannedMs,
    plannedBefore: (timeMs) => {
      let count = Math.max(0, Math.ceil((timeMs * rateRps) / 1000));
      // the product may be off by one place of the last digit; the times themselves decide
      while (count > 0 && plannedMs(count - 1) >= timeMs) count -= 1;
      while (plannedMs(count) < timeMs) count += 1;
      return count;
    },
    toString: () => `constant ${rateRps} requests/s`,
  };
}
