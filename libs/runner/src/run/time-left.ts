import type { ResolvedConfig } from '../config/bench-config.ts';

// start, stop and the load generator's own start; only for the first estimate
const startAndStopMs = 1500;
const requestsWindowGuessMs = 2000;

/** Estimates the rest of a run: from the configuration at first, from the trials so far later. */
export function timeLeft(trials: number, load: ResolvedConfig['load']): { now(finished: number): number } {
  const begunAt = performance.now();
  const windowMs = load.window.kind === 'duration' ? load.window.durationMs : requestsWindowGuessMs;
  const planned = load.warmupMs + windowMs + startAndStopMs;
  return {
    now: (finished) => {
      const each = finished === 0 ? planned : (performance.now() - begunAt) / finished;
      return each * (trials - finished);
    },
  };
}
