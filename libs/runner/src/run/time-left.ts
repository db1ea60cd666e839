import type { PreparedLoad } from '../trial/trial.ts';

// start, stop and the load generator's own start; only for the first estimate
const startAndStopMs = 1500;
const requestsWindowGuessMs = 2000;

/** What a trial takes, known of others like it, and how many trials were over before. */
export type KnownTrials = { readonly trials: number; readonly eachMs: number };

/**
 * Estimates the rest of a run of so many trials: at first from the configuration, or from what is known; then from the trials
 * since.
 */
export function timeLeft(
  load: PreparedLoad,
  known?: KnownTrials,
): { now(finished: number, trials: number): number } {
  const begunAt = performance.now();
  const windowMs = load.window.kind === 'duration' ? load.window.durationMs : requestsWindowGuessMs;
  const planned = load.warmupMs + windowMs + (load.open?.durationMs ?? 0) + startAndStopMs;
  const { trials: before, eachMs: firstGuessMs } = known ?? { trials: 0, eachMs: planned };
  return {
    now: (finished, trials) => {
      const since = finished - before;
      const each = since <= 0 ? firstGuessMs : (performance.now() - begunAt) / since;
      return each * Math.max(0, trials - finished);
    },
  };
}
