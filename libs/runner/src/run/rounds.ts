import { GeneratorError } from '@tare/metrics';
import type { Journal, Repeat, RoundPlan, Trial, TrialSample } from '@tare/results';
import { roundOrders } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Workload } from '../config/workload.ts';
import type { ArrivalRates } from './arrival-rates.ts';
import { launchOf, mixOf, setUpData } from './launch-workload.ts';
import type { PreparedHost } from './prepared-host.ts';
import { environmentsAfterPilot, planAfterPilot } from './round-plan.ts';
import type { Listener, LostEnvironment, Usable } from './run-events.ts';
import {
  performTrials,
  type PreparedConfig,
  type PreparedLoad,
  TrialError,
  type TrialPlan,
} from '../trial/trial.ts';

/** All that a run knows once its host is prepared, and what it is measured with. */
export type Session = PreparedHost & {
  readonly config: PreparedConfig;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  readonly rates: ArrivalRates;
  /** Those that are ready, and the control. */
  readonly measured: readonly Usable[];
  /** Name of the second copy of the baseline. */
  readonly control: string | undefined;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  readonly journal: Journal;
  readonly journalFolder: string;
};

export type Measured = {
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly plan: RoundPlan;
  readonly lost: readonly LostEnvironment[];
};

/**
 * Measures every environment once in every round, in an order that follows from the seed. After the
 * pilot, if there is one, the number of rounds is decided once and for all; environments that get no verdict
 * take part in the pilot only. A round in which a trial fails or violates a guard is repeated whole, as often
 * as the configuration allows. An environment that fails in a round more often than that is lost: that round
 * and all later ones go on without it. If that leaves nothing to compare, the run ends after the pilot.
 * @returns the trials of the last attempt of every round, what was repeated, how many rounds there were, and why, and which
 *   environments were lost.
 * @throws Error if the run itself fails: the journal cannot be written.
 */
export async function measureRounds(session: Session): Promise<Measured> {
  const { config, listener, seed, runId, journalFolder } = session;
  const environments = new Map(session.measured.map(({ environment }) => [environment.name, environment]));
  const { rounds: wanted } = config;
  const most = wanted.kind === 'fixed' ? wanted.rounds : Math.max(wanted.max, wanted.pilot);
  const all = [...environments.keys()];
  const orders = roundOrders(all, most, seed);
  const afterPilot = environmentsAfterPilot(all, session.unjudged, config.baseline);
  const trialsOf = (names: readonly string[]): number => names.length * config.workloads.length;
  listener({
    kind: 'run-started',
    runId,
    seed,
    rounds: wanted.kind === 'fixed' ? wanted.rounds : undefined,
    journal: journalFolder,
  });
  let left = timeLeft(config.load);
  let inRound: readonly string[] = all;
  let restMs = 0;
  const begunAt = performance.now();
  const trials: Trial[] = [];
  const repeats: Repeat[] = [];
  const lost: LostEnvironment[] = [];
  let plan: RoundPlan | undefined =
    wanted.kind === 'fixed' ? { kind: 'fixed', rounds: wanted.rounds } : undefined;
  for (const [index, names] of orders.entries()) {
    const rounds = plan?.rounds ?? (wanted.kind === 'pilot' ? wanted.pilot : wanted.rounds);
    const due = names.filter((name) => inRound.includes(name) && !lost.some((each) => each.name === name));
    if (index >= rounds || due.length === 0) break;
    const round = {
      round: index + 1,
      rounds,
      before: trials.length,
      total: trials.length + (rounds - index) * trialsOf(due),
      left,
      inTime: () => wanted.kind === 'fixed' || performance.now() - begunAt < config.budgetMs,
      onGroup: (group: readonly string[], tookMs: number) => {
        if (group.some((name) => afterPilot.includes(name))) restMs += tookMs;
      },
    };
    const dueEnvironments = due.flatMap((name) => environments.get(name) ?? []);
    trials.push(...(await completeRound(session, dueEnvironments, round, repeats, lost)));
    if (wanted.kind !== 'pilot' || round.round < wanted.pilot) continue;
    if (!canCompare(session, all, lost)) {
      plan = endedPlan(plan, round.round);
      break;
    }
    if (round.round === wanted.pilot) {
      const elapsedMs = performance.now() - begunAt;
      const roundMs = restMs / round.round;
      const pilot = pilotOf(session, lost);
      plan = planAfterPilot({ ...pilot, trials, rounds: round.round, elapsedMs, roundMs });
      listener({ kind: 'rounds-decided', plan });
      inRound = afterPilot;
      left = timeLeft(config.load, { trials: trials.length, eachMs: roundMs / trialsOf(inRound) });
    }
  }
  return { trials, repeats, plan: plan ?? { kind: 'fixed', rounds: orders.length }, lost };
}

/** Whether the baseline and something to hold against it are still measured; a run of the baseline alone has its control. */
function canCompare(
  { config: { baseline }, control, unjudged }: Session,
  all: readonly string[],
  lost: readonly LostEnvironment[],
): boolean {
  const isLeft = (name: string): boolean => all.includes(name) && !lost.some((each) => each.name === name);
  const candidates = all.filter((name) => name !== baseline && name !== control && !unjudged.includes(name));
  return isLeft(baseline) && (candidates.length === 0 || candidates.some(isLeft));
}

/** The plan of a run whose rounds end here because more of them would compare nothing. */
function endedPlan(plan: RoundPlan | undefined, rounds: number): RoundPlan {
  return plan?.kind === 'pilot'
    ? { ...plan, rounds }
    : {
        kind: 'pilot',
        pilotRounds: rounds,
        rounds,
        wantedRounds: rounds,
        limitedBy: 'precision',
        decidedBy: null,
      };
}

function pilotOf({ config, control, unjudged, seed }: Session, lost: readonly LostEnvironment[]) {
  const { rounds, budgetMs, baseline, margins } = config;
  return {
    max: rounds.kind === 'pilot' ? rounds.max : rounds.rounds,
    budgetMs,
    baseline,
    control,
    unjudged: [...unjudged, ...lost.map(({ name }) => name)],
    margins,
    seed,
  };
}

type Round = Omit<RoundPlace, 'attempt' | 'mayRepeat'> & { readonly inTime: () => boolean };

/**
 * Repeats a round until it is clean, or may not be repeated any more; what fails then is lost, and the round is made without
 * it. Adds to `repeats` and `lost`.
 */
async function completeRound(
  session: Session,
  environments: readonly Usable['environment'][],
  round: Round,
  repeats: Repeat[],
  lost: LostEnvironment[],
): Promise<readonly Trial[]> {
  const { config, listener, signal } = session;
  const failures = new Map<string, number>();
  let left = environments;
  for (let attempt = 1; left.length > 0; attempt++) {
    const outcome = await performRound(session, left, {
      ...round,
      attempt,
      // a round that only violates a guard is kept, with its warnings, when the time is up
      mayRepeat: attempt <= config.retries && round.inTime(),
    });
    if (outcome.kind === 'complete') return outcome.trials;
    const { repeat } = outcome;
    repeats.push(repeat);
    listener({ kind: 'round-repeated', repeat });
    if (outcome.kind === 'violated') continue;
    await session.journal.fail({ ...repeat, samples: outcome.samples });
    const { environment: name, reason } = repeat;
    const times = (failures.get(name) ?? 0) + 1;
    failures.set(name, times);
    const failed = left.find((each) => each.name === name);
    if (failed === undefined) throw outcome.error;
    const isUsable = times <= config.retries && (await failed.probe(signal)).usable;
    signal.throwIfAborted();
    if (isUsable) continue;
    left = left.filter((each) => each !== failed);
    lost.push({ name, round: round.round, reason });
    listener({ kind: 'failed', environment: name, round: round.round, reason });
  }
  return [];
}

export type RoundPlace = {
  /** From 1. */
  readonly round: number;
  /** How many there are in all, as far as it is known. */
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
  /** Called with how long the trials of the environments that were up together took. */
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
 * Performs one trial of every environment and workload, in the given order; those that alternate in slices
 * run together when the first of them is due. Ends at the first trial that fails or must be repeated.
 */
export async function performRound(
  session: Session,
  environments: readonly Usable['environment'][],
  place: RoundPlace,
): Promise<RoundOutcome> {
  const { config, preparation, loads, rates, seed, listener, signal, journal } = session;
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
    const sliceMs = sliceMsOf(workload, config.load);
    for (const group of inGroups(environments, sliceMs)) {
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
        done = await performTrials(plans, sliceMs, signal);
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
        await journal.append(trial);
        trials.push(trial);
        listener({ kind: 'trial-finished', trial, place: { ...shown, leftMs } });
      }
      for (const { environment, violations } of done) {
        const [violation] = violations;
        // an emulated environment is not judged, and is slow enough to trip a guard by itself
        const isJudged = !session.unjudged.includes(environment);
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
 * @returns how long a slice sends requests; undefined where one environment is up at a time: without slices, in a window
 *   that is a number of requests, with a fixed port, which only one can use, and with a data folder, because
 *   all share the disk.
 */
export function sliceMsOf(
  { port, dataVariable }: Pick<Workload, 'port' | 'dataVariable'>,
  { sliceMs, window }: Pick<ResolvedConfig['load'], 'sliceMs' | 'window'>,
): number | undefined {
  const isShared = port !== undefined || dataVariable !== undefined;
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
const requestsWindowGuessMs = 2000;

/** How long a trial takes, known from similar ones, and how many trials had ended before. */
export type KnownTrials = { readonly trials: number; readonly eachMs: number };

/**
 * Estimates how long the rest of a run takes: at first from the configuration or from what is known, then from the trials
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
