import { GeneratorError } from '@tare/metrics';
import type { Journal, JournalLine, JournalRound, Repeat, Trial, TrialSample } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Workload } from '../config/workload.ts';
import { burstSeed, performStarts } from '../trial/starts.ts';
import { performTrials, type PreparedConfig, TrialError, type TrialPlan } from '../trial/trial.ts';
import type { ArrivalRates } from './arrival-rates.ts';
import { launchOf, mixOf, obstacleTo, setUpData } from './launch-workload.ts';
import type { PreparedHost } from './prepared-host.ts';
import type { JudgeLook } from './round-plan.ts';
import type { RoundSizes } from './round-sizes.ts';
import type { Listener, Usable } from './run-events.ts';

/** Everything that a run knows once its host is prepared. */
export type Session = PreparedHost & {
  readonly config: PreparedConfig;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  /** Aborts when the run shall end after the round that is under way. */
  readonly ending: AbortSignal | undefined;
  readonly rates: Pick<ArrivalRates, 'of'>;
  /** Those that are ready, and the control. */
  readonly measured: readonly Usable[];
  /** Name of the second copy of the baseline. */
  readonly control: string | undefined;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  readonly judgeLook: JudgeLook | undefined;
  readonly journal: Journal;
  readonly journalFolder: string;
  /** Whether it goes on with a run that was interrupted. */
  readonly isResumed: boolean;
  /** What was measured before, by round and without gaps; empty for a new run. */
  readonly known: readonly JournalRound[];
  /** Messages from environments since the last call. */
  readonly newlyTold: () => readonly string[];
};

type Undated<Line> = Line extends JournalLine ? Omit<Line, 'at' | 'elapsedMs' | 'restMs'> : never;

/** Adds a line to the journal, with the time. */
export type Write = (line: Undated<JournalLine>) => Promise<void>;

export type RoundPlace = {
  /** From 1. */
  readonly round: number;
  /** How many there will be in all, as far as is known. */
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
  readonly sizes: RoundSizes;
  /** Called with the duration of the trials of environments that were up together, or of their starts in turn. */
  readonly onGroup: (environments: readonly string[], tookMs: number) => void;
  readonly write: Write;
  /** What this attempt had measured before the run was interrupted: it is not measured again. */
  readonly kept: Pick<JournalRound, 'trials' | 'starts'> | undefined;
};

type RoundOutcome =
  | { readonly kind: 'complete'; readonly trials: readonly Trial[] }
  | { readonly kind: 'violated'; readonly repeat: Repeat }
  | {
      readonly kind: 'failed';
      readonly repeat: Repeat;
      readonly samples: readonly TrialSample[];
      readonly error: unknown;
    };

/**
 * Performs one trial of every environment and workload, in the given order; those that alternate in slices
 * run together when the first of them is due. Before the trials of a workload, environments that are cheap to start are started
 * several times in turn. Ends at the first start or trial that fails, or trial that must be repeated.
 */
export async function performRound(
  session: Session,
  wanted: readonly Usable['environment'][],
  place: RoundPlace,
): Promise<RoundOutcome> {
  const { config, preparation, loads, rates, seed, listener, signal } = session;
  const { round, attempt, left, total, kept } = place;
  const trials: Trial[] = [];
  const loadOf = (workload: Workload, environment: string) =>
    loads.of(workload.name, environment) ?? {
      requests: mixOf(workload, preparation),
      closesConnections: false,
    };
  for (const workload of config.workloads) {
    const environments = wanted.filter((each) => obstacleTo(workload, each, preparation) === undefined);
    const repeatOf = (environment: string, cause: Repeat['cause'], reason: string): Repeat => ({
      round,
      attempt,
      workload: workload.name,
      environment,
      cause,
      reason,
    });
    const failureOf = (
      error: unknown,
      group: Environments,
      samples: readonly TrialSample[],
    ): Extract<RoundOutcome, { kind: 'failed' }> => {
      // what the generator lacks, it lacks in every environment
      if (signal.aborted || error instanceof GeneratorError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const failed = error instanceof TrialError ? error.environment : (group[0]?.name ?? '');
      return { kind: 'failed', repeat: repeatOf(failed, 'failure', reason), samples, error };
    };
    const sliceMs = sliceMsOf(workload, config.load);
    // the first rounds decide how long a window in slices is, not a whole one
    const sizes =
      sliceMs === undefined
        ? {
            load: { ...config.load, open: place.sizes.load.open && config.load.open },
            starts: config.starts,
            startedOnce: place.sizes.startedOnce,
          }
        : place.sizes;
    let starts: ReadonlyMap<string, readonly number[]>;
    try {
      const known = kept?.starts[workload.name];
      starts =
        known === undefined
          ? await startInTurn(session, environments, workload, sizes, place, place.before + trials.length)
          : new Map(Object.entries(known));
    } catch (error) {
      return failureOf(error, environments, []);
    }
    /** The violation for which the round must be repeated; undefined if there is none. */
    const violationIn = (done: readonly Trial[]): RoundOutcome | undefined => {
      // an emulated environment is not judged, and is slow enough to trip a guard by itself
      const judged = done.filter(({ environment }) => !session.unjudged.includes(environment));
      for (const { environment, violations } of place.mayRepeat ? judged : []) {
        const [violation] = violations;
        if (violation === undefined) continue;
        const reason = `${violation.guard}: ${violation.message}`;
        return { kind: 'violated', repeat: repeatOf(environment, 'guard', reason) };
      }
      return undefined;
    };
    for (const group of inGroups(environments, sliceMs)) {
      signal.throwIfAborted();
      const before = keptOf(kept?.trials ?? [], workload, group);
      if (before !== undefined) {
        trials.push(...before);
        const violated = violationIn(before);
        if (violated !== undefined) return violated;
        continue;
      }
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
          load: sizes.load,
          rateRps: rates.of(workload.name, environment.name),
          guards: config.guards,
          seed,
          generatorCpus: preparation.generatorCpus,
          round,
          attempt,
          order: environments.indexOf(environment) + 1,
          readyDeadlineMs: environment.readyDeadlineMs ?? preparation.readyDeadlineMs,
          starts: starts.get(environment.name),
          onLost: (readings) => {
            samples = readings;
          },
        };
      });
      let done: readonly Trial[];
      const begunAt = performance.now();
      try {
        done = await performTrials(plans, sliceMs, signal);
      } catch (error) {
        return failureOf(error, group, samples);
      } finally {
        const names = group.map(({ name }) => name);
        place.onGroup(names, performance.now() - begunAt);
      }
      // together: a part of those that alternated in slices is of no use
      await place.write({ kind: 'trials', trials: [...done] });
      const leftMs = left.now(place.before + trials.length + done.length, total);
      for (const trial of done) {
        const shown = shownOf(trial.environment, 0);
        trials.push(trial);
        listener({ kind: 'trial-finished', trial, place: { ...shown, leftMs } });
      }
      const violated = violationIn(done);
      if (violated !== undefined) return violated;
    }
  }
  return { kind: 'complete', trials };
}

type Environments = readonly Usable['environment'][];

/** The trials of environments that were up together, if all of them had ended. */
function keptOf(
  trials: readonly Trial[],
  { name }: Workload,
  group: Environments,
): readonly Trial[] | undefined {
  const kept = group.flatMap(
    (each) =>
      trials.find(({ workload, environment }) => workload === name && environment === each.name) ?? [],
  );
  return kept.length === group.length ? kept : undefined;
}

/**
 * The burst of starts before the trials of a workload, for environments that always start from nothing: a machine is started once, by
 * its trial.
 */
async function startInTurn(
  { preparation, measured, seed, listener, signal }: Session,
  environments: Environments,
  workload: Workload,
  { starts: most, startedOnce }: RoundSizes,
  { round, rounds, attempt, total, left, onGroup, write }: RoundPlace,
  finished: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const fresh = measured
    .filter(({ startKind }) => startKind === 'cold')
    .map(({ environment }) => environment);
  const starters = environments.filter((environment) => fresh.includes(environment));
  if (most === 0 || starters.length === 0) return new Map();
  const names = starters.map(({ name }) => name);
  const shown = { round, rounds, trial: finished + 1, trials: total, workload: workload.name };
  const leftMs = left.now(finished, total);
  listener({
    kind: 'starting',
    place: { ...shown, environments: names, starts: most, leftMs },
  });
  const begunAt = performance.now();
  let starts: ReadonlyMap<string, readonly number[]>;
  try {
    starts = await performStarts(
      starters.map((environment) => ({
        environment,
        launch: launchOf(workload, preparation, round),
        readyDeadlineMs: environment.readyDeadlineMs ?? preparation.readyDeadlineMs,
        starts: startedOnce.includes(environment.name) ? Math.min(1, most) : most,
      })),
      burstSeed(seed, { round, attempt, workload: workload.name }),
      signal,
    );
  } finally {
    onGroup(names, performance.now() - begunAt);
  }
  const written = Object.fromEntries([...starts].map(([name, each]) => [name, [...each]]));
  await write({ kind: 'starts', round, workload: workload.name, starts: written });
  return starts;
}

/**
 * @returns how long a slice sends requests; undefined where one environment is up at a time: without slices, in a window
 *   that is a number of requests, with a fixed port, which only one can use, and with a data folder, because
 *   all share the disk.
 */
export function sliceMsOf(
  { port, data }: Pick<Workload, 'port' | 'data'>,
  { sliceMs, window }: Pick<ResolvedConfig['load'], 'sliceMs' | 'window'>,
): number | undefined {
  const isShared = port !== undefined || data !== undefined;
  return isShared || window.kind !== 'duration' ? undefined : sliceMs;
}

/** @returns the environments in their order, each alone, or with slices all that can be up side by side. */
export function inGroups(environments: Environments, sliceMs: number | undefined): readonly Environments[] {
  const together = environments.filter(({ sideBySide }) => sliceMs !== undefined && sideBySide === true);
  return environments.flatMap((environment) => {
    if (!together.includes(environment)) return [[environment]];
    return environment === together[0] ? [together] : [];
  });
}

// start, stop and the load generator's own start; only for the first estimate
const startAndStopMs = 1500;
// of a process or a container, without load
const lightStartAndStopMs = 300;
const requestsWindowGuessMs = 2000;

/** How long a trial takes, known from similar ones, and how many trials had ended before. */
type KnownTrials = { readonly trials: number; readonly eachMs: number };

/**
 * Estimates how long the rest of a run takes: at first from the configuration or from what is known, then from the trials
 * since.
 * @param deadline when it ends at the latest, by `performance.now()`.
 */
export function timeLeft(
  { load, starts }: RoundSizes,
  known?: KnownTrials,
  deadline = Infinity,
): { now(finished: number, trials: number): number } {
  const begunAt = performance.now();
  const windowMs = load.window.kind === 'duration' ? load.window.durationMs : requestsWindowGuessMs;
  const startsMs = startAndStopMs + starts * lightStartAndStopMs;
  const planned = startsMs + load.warmupMs + windowMs + (load.open?.durationMs ?? 0);
  const { trials: before, eachMs: firstGuessMs } = known ?? { trials: 0, eachMs: planned };
  return {
    now: (finished, trials) => {
      const since = finished - before;
      const each = since <= 0 ? firstGuessMs : (performance.now() - begunAt) / since;
      return Math.min(each * Math.max(0, trials - finished), Math.max(0, deadline - performance.now()));
    },
  };
}
