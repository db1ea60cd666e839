import { GeneratorError } from '@tare/metrics';
import type { Repeat, Trial, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Workload } from '../config/workload.ts';
import { performTrials, TrialError, type TrialPlan } from '../trial/trial.ts';
import type { Measuring } from './measure-rounds.ts';
import { launchOf, mixOf, setUpData } from './launch-workload.ts';
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
  /** Told how long the trials of the environments that were up together took. */
  readonly onGroup: (environments: readonly string[], tookMs: number) => void;
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

/**
 * One trial of every environment and workload, in the given order; those that take turns have theirs together, where the
 * first of them is due. Ends at the first that fails, or must be repeated.
 */
export async function performRound(
  measuring: Measuring,
  environments: readonly Usable['environment'][],
  place: RoundPlace,
): Promise<RoundOutcome> {
  const { config, preparation, loads, rates, seed, listener, signal, keep } = measuring;
  const { round, attempt, left, total } = place;
  const trials: Trial[] = [];
  const loadOf = (workload: Workload, environment: string) =>
    loads.of(workload.name, environment) ?? {
      requests: mixOf(workload, preparation),
      closesConnections: false,
    };
  for (const workload of config.workloads) {
    const repeatOf = (environment: string, cause: Repeat['cause'], reason: string): Repeat => ({
      round,
      attempt,
      workload: workload.name,
      environment,
      cause,
      reason,
    });
    const turnMs = turnsOf(workload, config.load);
    for (const group of inGroups(environments, turnMs)) {
      signal.throwIfAborted();
      const shownOf = (environment: string, position: number) => ({
        round,
        rounds: place.rounds,
        trial: place.before + trials.length + 1 + position,
        trials: total,
        environment,
        workload: workload.name,
      });
      let samples: readonly TrialSample[] = [];
      const plans = group.map((environment, position): TrialPlan => {
        const shown = shownOf(environment.name, position);
        listener({ kind: 'trial-started', place: { ...shown, leftMs: left.now(shown.trial - 1, total) } });
        return {
          environment,
          launch: launchOf(workload, preparation, round),
          workload: workload.name,
          ...loadOf(workload, environment.name),
          setUp: (origin, until) => setUpData(workload, origin, seed, until),
          load: config.load,
          rateRps: rates.of(workload.name, environment.name),
          guards: config.guards,
          seed,
          generatorCpus: preparation.generatorCpus,
          round,
          attempt,
          order: environments.indexOf(environment) + 1,
          readyDeadlineMs: environment.readyDeadlineMs ?? preparation.readyDeadlineMs,
          onLost: (readings) => {
            samples = readings;
          },
        };
      });
      let done: readonly Trial[];
      const begunAt = performance.now();
      try {
        done = await performTrials(plans, turnMs, signal);
      } catch (error) {
        // what the generator lacks, it lacks in every environment
        if (signal.aborted || error instanceof GeneratorError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        const failed = error instanceof TrialError ? error.environment : (group[0]?.name ?? '');
        return { kind: 'failed', repeat: repeatOf(failed, 'failure', reason), samples, error };
      } finally {
        const names = group.map(({ name }) => name);
        place.onGroup(names, performance.now() - begunAt);
      }
      const leftMs = left.now(place.before + trials.length + done.length, total);
      for (const trial of done) {
        const shown = shownOf(trial.environment, 0);
        await keep(trial);
        trials.push(trial);
        listener({ kind: 'trial-finished', trial, place: { ...shown, leftMs } });
      }
      for (const { environment, violations } of done) {
        const [violation] = violations;
        // an emulated one is judged by nobody, and slow enough to trip a guard by itself
        const isJudged = !measuring.unjudged.includes(environment);
        if (violation !== undefined && place.mayRepeat && isJudged) {
          const reason = `${violation.guard}: ${violation.message}`;
          return { kind: 'violated', repeat: repeatOf(environment, 'guard', reason) };
        }
      }
    }
  }
  return { kind: 'complete', trials };
}

type Environments = readonly Usable['environment'][];

/**
 * @returns how long a turn sends requests; undefined where one environment is up at a time: without turns, in a window that
 *   is a number of requests, with a fixed port, which serves one, and with a folder for data, for the disk serves all.
 */
export function turnsOf(
  { port, dataVariable }: Pick<Workload, 'port' | 'dataVariable'>,
  { sliceMs, window }: Pick<ResolvedConfig['load'], 'sliceMs' | 'window'>,
): number | undefined {
  const isShared = port !== undefined || dataVariable !== undefined;
  return isShared || window.kind !== 'duration' ? undefined : sliceMs;
}

/** @returns the environments in their order, each alone, or where there are turns all that can be up side by side. */
export function inGroups(environments: Environments, turnMs: number | undefined): readonly Environments[] {
  const together = environments.filter(({ sideBySide }) => turnMs !== undefined && sideBySide === true);
  return environments.flatMap((environment) => {
    if (!together.includes(environment)) return [[environment]];
    return environment === together[0] ? [together] : [];
  });
}
