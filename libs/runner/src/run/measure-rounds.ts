import type { Repeat, RoundPlan, Trial, TrialFailure } from '@tare/results';
import { roundOrders } from '@tare/statistics';
import type { Listener } from '../progress/run-event.ts';
import type { LostEnvironment } from './assemble-run.ts';
import type { ArrivalRates } from './arrival-rates.ts';
import { performRound, type RoundPlace } from './perform-round.ts';
import type { Preparation } from './launch-workload.ts';
import { environmentsAfterPilot, planAfterPilot } from './round-plan.ts';
import { timeLeft } from './time-left.ts';
import type { PreparedConfig } from '../trial/trial.ts';
import type { LearnedLoads } from './ready-environments.ts';
import type { Usable } from './usable-environments.ts';

export type Measuring = {
  readonly config: PreparedConfig;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  readonly preparation: Preparation;
  readonly loads: LearnedLoads;
  readonly rates: ArrivalRates;
  readonly seed: number;
  readonly runId: string;
  readonly journalFolder: string;
  readonly twin: string | undefined;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  /** Called with every finished trial, and waited for before the next begins. */
  readonly keep: (trial: Trial) => Promise<void>;
  /** Called with every trial that failed. */
  readonly keepFailure: (failure: TrialFailure) => Promise<void>;
};

export type Measured = {
  readonly trials: readonly Trial[];
  readonly repeats: readonly Repeat[];
  readonly plan: RoundPlan;
  readonly lost: readonly LostEnvironment[];
};

/**
 * Measures every environment once in every round, in an order that follows from the seed. After the
 * pilot, if there is one, the number of rounds is decided once and for all; environments that get no verdict have enough
 * with the pilot's. A round in which a trial fails or violates a guard is repeated whole, as often as the configuration
 * allows. An environment that fails in a round more often than that is lost: the round is made without it, and so are those
 * after it. When that leaves nothing to compare, a pilot's rounds are enough.
 * @returns the trials of the last attempt of every round, what was repeated, how many rounds there were, and why, and which
 *   environments were lost.
 * @throws Error of the run itself: a journal that cannot be written.
 */
export async function measureRounds(measuring: Measuring, ready: readonly Usable[]): Promise<Measured> {
  const { config, listener, seed, runId, journalFolder } = measuring;
  const environments = new Map(ready.map(({ environment }) => [environment.name, environment]));
  const { rounds: wanted } = config;
  const most = wanted.kind === 'fixed' ? wanted.rounds : Math.max(wanted.max, wanted.pilot);
  const all = [...environments.keys()];
  const orders = roundOrders(all, most, seed);
  const afterPilot = environmentsAfterPilot(all, measuring.unjudged, config.baseline);
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
    trials.push(...(await completeRound(measuring, dueEnvironments, round, repeats, lost)));
    if (wanted.kind !== 'pilot' || round.round < wanted.pilot) continue;
    if (!canCompare(measuring, all, lost)) {
      plan = endedPlan(plan, round.round);
      break;
    }
    if (round.round === wanted.pilot) {
      const elapsedMs = performance.now() - begunAt;
      const roundMs = restMs / round.round;
      const pilot = pilotOf(measuring, lost);
      plan = planAfterPilot({ ...pilot, trials, rounds: round.round, elapsedMs, roundMs });
      listener({ kind: 'rounds-decided', plan });
      inRound = afterPilot;
      left = timeLeft(config.load, { trials: trials.length, eachMs: roundMs / trialsOf(inRound) });
    }
  }
  return { trials, repeats, plan: plan ?? { kind: 'fixed', rounds: orders.length }, lost };
}

/** Whether the baseline and something to hold against it are still measured; a run of the baseline alone has its twin. */
function canCompare(
  { config: { baseline }, twin, unjudged }: Measuring,
  all: readonly string[],
  lost: readonly LostEnvironment[],
): boolean {
  const isLeft = (name: string): boolean => all.includes(name) && !lost.some((each) => each.name === name);
  const candidates = all.filter((name) => name !== baseline && name !== twin && !unjudged.includes(name));
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

function pilotOf({ config, twin, unjudged, seed }: Measuring, lost: readonly LostEnvironment[]) {
  const { rounds, budgetMs, baseline, margins } = config;
  return {
    max: rounds.kind === 'pilot' ? rounds.max : rounds.rounds,
    budgetMs,
    baseline,
    twin,
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
  measuring: Measuring,
  environments: readonly Usable['environment'][],
  round: Round,
  repeats: Repeat[],
  lost: LostEnvironment[],
): Promise<readonly Trial[]> {
  const { config, listener, signal } = measuring;
  const failures = new Map<string, number>();
  let left = environments;
  for (let attempt = 1; left.length > 0; attempt++) {
    const outcome = await performRound(measuring, left, {
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
    await measuring.keepFailure({ ...repeat, samples: outcome.samples });
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
