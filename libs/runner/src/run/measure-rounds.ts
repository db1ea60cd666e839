import type { Trial } from '@tare/results';
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
};

/**
 * Measures every environment once in every round, in an order that follows from the seed, one up at a time.
 * @param keep called with every finished trial and waited for before the next begins.
 * @throws Error of the first trial that fails.
 */
export async function measureRounds(
  { config, preparation, seed, runId, journalFolder, generatorCpus, listener, signal }: Measuring,
  ready: readonly Usable[],
  keep: (trial: Trial) => Promise<void>,
): Promise<readonly Trial[]> {
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
  const trials: Trial[] = [];
  const left = timeLeft(total, config.load);
  for (const [index, names] of orders.entries()) {
    for (const workload of config.workloads) {
      for (const [position, name] of names.entries()) {
        const environment = environments.get(name);
        if (environment === undefined) continue;
        signal.throwIfAborted();
        const place = {
          round: index + 1,
          rounds: config.rounds,
          trial: trials.length + 1,
          trials: total,
          environment: name,
          workload: workload.name,
        };
        listener({ kind: 'trial-started', place: { ...place, leftMs: left.now(trials.length) } });
        const trial = await performTrial(
          {
            environment,
            launch: launchOf(workload, preparation),
            request: workload.request(workload.parameters ?? {}),
            load: config.load,
            generatorCpus,
            round: place.round,
            order: position + 1,
            readyDeadlineMs: preparation.readyDeadlineMs,
          },
          signal,
        );
        await keep(trial);
        trials.push(trial);
        listener({ kind: 'trial-finished', trial, place: { ...place, leftMs: left.now(trials.length) } });
      }
    }
  }
  return trials;
}
