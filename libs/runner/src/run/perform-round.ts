import type { Repeat, Trial, TrialSample } from '@tare/results';
import { performTrial } from '../trial/perform-trial.ts';
import type { Measuring } from './measure-rounds.ts';
import { launchOf, requestsFor, setUpData } from './ready-environments.ts';
import type { timeLeft } from './time-left.ts';
import type { Usable } from './usable-environments.ts';

export type RoundPlace = {
  /** From 1. */
  readonly round: number;
  /** So many in all, as far as it is known. */
  readonly rounds: number;
  /** From 1. */
  readonly attempt: number;
  /** Whether a trial that violates a guard ends the round, to be repeated. */
  readonly mayRepeat: boolean;
  /** Trials of the rounds before. */
  readonly before: number;
  /** Trials of the whole run. */
  readonly total: number;
  readonly left: ReturnType<typeof timeLeft>;
};

export type RoundOutcome =
  | { readonly kind: 'complete'; readonly trials: readonly Trial[] }
  | { readonly kind: 'violated'; readonly repeat: Repeat }
  | {
      readonly kind: 'failed';
      readonly repeat: Repeat;
      readonly samples: readonly TrialSample[];
      readonly error: unknown;
    };

/** One trial of every environment and workload, in the given order. Ends at the first that fails, or must be repeated. */
export async function performRound(
  measuring: Measuring,
  environments: readonly Usable['environment'][],
  place: RoundPlace,
): Promise<RoundOutcome> {
  const { config, preparation, rates, seed, listener, signal, keep } = measuring;
  const { round, attempt, left, total } = place;
  const trials: Trial[] = [];
  for (const workload of config.workloads) {
    for (const [position, environment] of environments.entries()) {
      signal.throwIfAborted();
      const done = place.before + trials.length;
      const shown = {
        round,
        rounds: place.rounds,
        trial: done + 1,
        trials: total,
        environment: environment.name,
        workload: workload.name,
      };
      listener({ kind: 'trial-started', place: { ...shown, leftMs: left.now(done, total) } });
      const repeatOf = (cause: Repeat['cause'], reason: string): Repeat => ({
        round,
        attempt,
        workload: workload.name,
        environment: environment.name,
        cause,
        reason,
      });
      let samples: readonly TrialSample[] = [];
      let trial: Trial;
      try {
        trial = await performTrial(
          {
            environment,
            launch: launchOf(workload, preparation, round),
            workload: workload.name,
            requests: requestsFor(workload, seed),
            setUp: (origin, until) => setUpData(workload, origin, seed, until),
            load: config.load,
            rateRps: rates.of(workload.name, environment.name),
            guards: config.guards,
            seed,
            generatorCpus: preparation.generatorCpus,
            round,
            attempt,
            order: position + 1,
            readyDeadlineMs: environment.readyDeadlineMs ?? preparation.readyDeadlineMs,
            onLost: (readings) => {
              samples = readings;
            },
          },
          signal,
        );
      } catch (error) {
        if (signal.aborted) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: 'failed', repeat: repeatOf('failure', reason), samples, error };
      }
      await keep(trial);
      trials.push(trial);
      listener({ kind: 'trial-finished', trial, place: { ...shown, leftMs: left.now(done + 1, total) } });
      const [violation] = trial.violations;
      // an emulated one is judged by nobody, and slow enough to trip a guard by itself
      const isJudged = !measuring.unjudged.includes(environment.name);
      if (violation !== undefined && place.mayRepeat && isJudged) {
        return { kind: 'violated', repeat: repeatOf('guard', `${violation.guard}: ${violation.message}`) };
      }
    }
  }
  return { kind: 'complete', trials };
}
