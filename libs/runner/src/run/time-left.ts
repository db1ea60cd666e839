import type { ResolvedConfig } from '../config/bench-config.ts';

// start, stop and the load generator's own start; only for the first estimate
const startAndStopMs = 1500;
const requestsWindowGuessMs = 2000;

/** Estimates the rest of a run of so many trials: from the configuration at first, from the trials so far later. */
export function timeLeft(load: ResolvedConfig['load']): { now(finished: number, trials: number): number } {
  const begunAt = performance.now();
  const windowMs = load.window.kind === 'duration' ? load.window.durationMs : requestsWindowGuessMs;
  const planned = load.warmupMs + windowMs + (load.open?.durationMs ?? 0) + startAndStopMs;
  return {
    now: (finished, trials) => {
      const each = finished === 0 ? planned : (performance.now() - begunAt) / finished;
      return each * Math.max(0, trials - finished);
    },
  };
}
