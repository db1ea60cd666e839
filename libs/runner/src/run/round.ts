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
  const trials: Trial[] = [];
  for (const workload of session.config.workloads) {
    const environments = wanted.filter(
      (each) => obstacleTo(workload, each, session.preparation) === undefined,
    );
    const sliceMs = sliceMsOf(workload, session.config.load);
    const sizes = sizesOf(session, place, sliceMs);
    const part = { session, place, workload, environments, sliceMs, sizes };
    const outcome = await performWorkload(part, place.before + trials.length);
    if (outcome.kind !== 'complete') return outcome;
    trials.push(...outcome.trials);
  }
  return { kind: 'complete', trials };
}

/** What a round measures of one workload. */
type Part = {
  readonly session: Session;
  readonly place: RoundPlace;
  readonly workload: Workload;
  /** Those that can run it, in the order of the round. */
  readonly environments: Environments;
  readonly sliceMs: number | undefined;
  readonly sizes: RoundSizes;
};

/** The first rounds decide how long a window in slices is, not a whole one. */
function sizesOf({ config }: Session, { sizes }: RoundPlace, sliceMs: number | undefined): RoundSizes {
  if (sliceMs !== undefined) return sizes;
  return {
    load: { ...config.load, open: sizes.load.open && config.load.open },
    starts: config.starts,
    startedOnce: sizes.startedOnce,
    withoutOpen: sizes.withoutOpen,
  };
}

/** @param finished trials of the run before these. */
async function performWorkload(part: Part, finished: number): Promise<RoundOutcome> {
  const { session, place, workload, environments, sliceMs } = part;
  let starts: Starts;
  try {
    const known = place.kept?.starts[workload.name];
    starts = known === undefined ? await startInTurn(part, finished) : new Map(Object.entries(known));
  } catch (error) {
    return failureOf(part, error, environments, []);
  }
  const trials: Trial[] = [];
  for (const group of inGroups(environments, sliceMs)) {
    session.signal.throwIfAborted();
    const kept = keptOf(place.kept?.trials ?? [], workload, group);
    const outcome: RoundOutcome =
      kept === undefined
        ? await performGroup(part, group, starts, finished + trials.length)
        : { kind: 'complete', trials: kept };
    if (outcome.kind !== 'complete') return outcome;
    trials.push(...outcome.trials);
    const violated = violationIn(part, outcome.trials);
    if (violated !== undefined) return violated;
  }
  return { kind: 'complete', trials };
}

/** The trials of environments that are up together, or of one. */
async function performGroup(
  { session, place, workload, environments, sliceMs, sizes }: Part,
  group: Environments,
  starts: Starts,
  finished: number,
): Promise<RoundOutcome> {
  const { config, preparation, rates, seed, listener, signal } = session;
  const { round, rounds, attempt, left, total } = place;
  const shownOf = (environment: string, trial: number) => {
    const leftMs = left.now(trial - 1, total);
    return { round, rounds, trial, trials: total, environment, workload: workload.name, leftMs };
  };
  let samples: readonly TrialSample[] = [];
  const plans = group.map((environment, position): TrialPlan => {
    listener({ kind: 'trial-started', place: shownOf(environment.name, finished + 1 + position) });
    const load = session.loads.of(workload.name, environment.name) ?? {
      requests: mixOf(workload, preparation),
      closesConnections: false,
    };
    return {
      environment,
      launch: launchOf(workload, preparation, round),
      workload: workload.name,
      ...load,
      setUp: (origin, until) => setUpData(workload, origin, seed, until),
      load: sizes.withoutOpen.includes(environment.name) ? { ...sizes.load, open: undefined } : sizes.load,
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
  let trials: readonly Trial[];
  const begunAt = performance.now();
  try {
    trials = await performTrials(plans, sliceMs, signal);
  } catch (error) {
    return failureOf({ session, place, workload }, error, group, samples);
  } finally {
    const names = group.map(({ name }) => name);
    place.onGroup(names, performance.now() - begunAt);
  }
  // together: a part of those that alternated in slices is of no use
  await place.write({ kind: 'trials', trials: [...trials] });
  const leftMs = left.now(finished + trials.length, total);
  for (const [position, trial] of trials.entries()) {
    const shown = shownOf(trial.environment, finished + 1 + position);
    listener({ kind: 'trial-finished', trial, place: { ...shown, leftMs } });
  }
  return { kind: 'complete', trials };
}

type Starts = ReadonlyMap<string, readonly number[]>;

/** @throws what the round is not to blame for: an interruption, and what the generator lacks, which it lacks in every environment. */
function failureOf(
  part: Pick<Part, 'session' | 'place' | 'workload'>,
  error: unknown,
  group: Environments,
  samples: readonly TrialSample[],
): RoundOutcome {
  if (part.session.signal.aborted || error instanceof GeneratorError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  const environment = error instanceof TrialError ? error.environment : (group[0]?.name ?? '');
  return { kind: 'failed', repeat: repeatOf(part, environment, 'failure', reason), samples, error };
}

/** The violation for which the round must be repeated; undefined if there is none. */
function violationIn(part: Part, trials: readonly Trial[]): RoundOutcome | undefined {
  const { session, place } = part;
  // an emulated environment is not judged, and is slow enough to trip a guard by itself
  const judged = trials.filter(({ environment }) => !session.unjudged.includes(environment));
  for (const { environment, violations } of place.mayRepeat ? judged : []) {
    const [violation] = violations;
    if (violation === undefined) continue;
    const reason = `${violation.guard}: ${violation.message}`;
    return { kind: 'violated', repeat: repeatOf(part, environment, 'guard', reason) };
  }
  return undefined;
}

function repeatOf(
  { place: { round, attempt }, workload }: Pick<Part, 'place' | 'workload'>,
  environment: string,
  cause: Repeat['cause'],
  reason: string,
): Repeat {
  return { round, attempt, workload: workload.name, environment, cause, reason };
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
  { session, place, workload, environments, sizes }: Part,
  finished: number,
): Promise<Starts> {
  const { preparation, measured, seed, listener, signal } = session;
  const { round, rounds, attempt, total, left, onGroup, write } = place;
  const { starts: most, startedOnce } = sizes;
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
  let starts: Starts;
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
