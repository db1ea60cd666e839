import type { Repeat, Trial, TrialFailure, TrialSample } from '@tare/results';
import { roundOrders } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Listener } from '../progress/run-event.ts';
import { performTrial } from '../trial/perform-trial.ts';
import { launchOf, type Preparation } from './ready-environments.ts';
import { timeLeft } from './time-left.ts';
import type { Usable } from './usable-environments.ts';

export type Measuring = {
  readonly config: ResolvedConfig;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  readonly preparation: Preparation;
  readonly seed: number;
  readonly runId: string;
  readonly journalFolder: string;
  readonly generatorCpus: readonly number[] | undefined;
  /** Called with every finished trial, and waited for before the next begins. */
  readonly keep: (trial: Trial) => Promise<void>;
  /** Called with every trial that failed. */
  readonly keepFailure: (failure: TrialFailure) => Promise<void>;
};

export type Measured = { readonly trials: readonly Trial[]; readonly repeats: readonly Repeat[] };

/**
 * Measures every environment once in every round, in an order that follows from the seed, one up at a time. A round in
 * which a trial fails is repeated whole, as long as there are retries and its environment is still usable.
 * @returns the trials of the last attempt of every round, and what was repeated.
 * @throws Error of the trial that could not be had.
 */
export async function measureRounds(measuring: Measuring, ready: readonly Usable[]): Promise<Measured> {
  const { config, listener, signal, seed, runId, journalFolder } = measuring;
  const environments = new Map(ready.map(({ environment }) => [environment.name, environment]));
  const orders = roundOrders([...environments.keys()], config.rounds, seed);
  const total = config.rounds * environments.size * config.workloads.length;
  listener({
    kind: 'run-started',
    runId,
    seed,
    rounds: config.rounds,
    trials: total,
    journal: journalFolder,
  });
  const left = timeLeft(total, config.load);
  const trials: Trial[] = [];
  const repeats: Repeat[] = [];
  for (const [index, names] of orders.entries()) {
    for (let attempt = 1; ; attempt++) {
      const inRound = names.flatMap((name) => environments.get(name) ?? []);
      const place = { round: index + 1, attempt, before: trials.length, total };
      const outcome = await performRound(measuring, inRound, place, left);
      if (outcome.kind === 'complete') {
        trials.push(...outcome.trials);
        break;
      }
      const { failure, error } = outcome;
      const { samples, ...repeat } = failure;
      await measuring.keepFailure({ ...repeat, samples });
      repeats.push(repeat);
      const availability = await environments.get(repeat.environment)?.probe(signal);
      if (repeats.length > config.retries || availability?.usable !== true) throw error;
      listener({ kind: 'round-repeated', repeat });
    }
  }
  return { trials, repeats };
}

type RoundPlace = {
  readonly round: number;
  readonly attempt: number;
  /** Trials of the rounds before. */
  readonly before: number;
  /** Trials of the whole run. */
  readonly total: number;
};

type RoundOutcome =
  | { readonly kind: 'complete'; readonly trials: readonly Trial[] }
  | { readonly kind: 'failed'; readonly failure: TrialFailure; readonly error: unknown };

async function performRound(
  { config, preparation, generatorCpus, listener, signal, keep }: Measuring,
  environments: readonly Usable['environment'][],
  { round, attempt, before, total }: RoundPlace,
  left: ReturnType<typeof timeLeft>,
): Promise<RoundOutcome> {
  const trials: Trial[] = [];
  for (const workload of config.workloads) {
    for (const [position, environment] of environments.entries()) {
      signal.throwIfAborted();
      const done = before + trials.length;
      const place = {
        round,
        rounds: config.rounds,
        trial: done + 1,
        trials: total,
        environment: environment.name,
        workload: workload.name,
      };
      listener({ kind: 'trial-started', place: { ...place, leftMs: left.now(done) } });
      let samples: readonly TrialSample[] = [];
      try {
        const trial = await performTrial(
          {
            environment,
            launch: launchOf(workload, preparation, round),
            request: workload.request(workload.parameters ?? {}),
            load: config.load,
            generatorCpus,
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
        trials.push(trial);
      } catch (error) {
        if (signal.aborted) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        const { name } = environment;
        const failure = { round, attempt, workload: workload.name, environment: name, reason, samples };
        return { kind: 'failed', failure, error };
      }
      const [trial] = trials.slice(-1);
      if (trial === undefined) continue;
      await keep(trial);
      listener({ kind: 'trial-finished', trial, place: { ...place, leftMs: left.now(done + 1) } });
    }
  }
  return { kind: 'complete', trials };
}
