import type { Repeat, RoundPlan, Trial, TrialFailure } from '@tare/results';
import { roundOrders } from '@tare/statistics';
import type { Listener } from '../progress/run-event.ts';
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
};

/**
 * Measures every environment once in every round, in an order that follows from the seed. After the
 * pilot, if there is one, the number of rounds is decided once and for all; environments that get no verdict have enough
 * with the pilot's. A round in which a trial fails or violates a guard is repeated whole, as often as the configuration
 * allows.
 * @returns the trials of the last attempt of every round, what was repeated, and how many rounds there were, and why.
 * @throws Error of the trial that could not be had.
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
  let plan: RoundPlan | undefined =
    wanted.kind === 'fixed' ? { kind: 'fixed', rounds: wanted.rounds } : undefined;
  for (const [index, names] of orders.entries()) {
    const rounds = plan?.rounds ?? (wanted.kind === 'pilot' ? wanted.pilot : wanted.rounds);
    if (index >= rounds) break;
    const round = {
      round: index + 1,
      rounds,
      before: trials.length,
      total: trials.length + (rounds - index) * trialsOf(inRound),
      left,
      inTime: () => wanted.kind === 'fixed' || performance.now() - begunAt < config.budgetMs,
      onGroup: (group: readonly string[], tookMs: number) => {
        if (group.some((name) => afterPilot.includes(name))) restMs += tookMs;
      },
    };
    const due = names.filter((name) => inRound.includes(name));
    const dueEnvironments = due.flatMap((name) => environments.get(name) ?? []);
    trials.push(...(await completeRound(measuring, dueEnvironments, round, repeats)));
    if (wanted.kind === 'pilot' && round.round === wanted.pilot) {
      const elapsedMs = performance.now() - begunAt;
      const roundMs = restMs / round.round;
      plan = planAfterPilot({ ...pilotOf(measuring), trials, rounds: round.round, elapsedMs, roundMs });
      listener({ kind: 'rounds-decided', plan });
      inRound = afterPilot;
      left = timeLeft(config.load, { trials: trials.length, eachMs: roundMs / trialsOf(inRound) });
    }
  }
  return { trials, repeats, plan: plan ?? { kind: 'fixed', rounds: orders.length } };
}

function pilotOf({ config, twin, unjudged, seed }: Measuring) {
  const { rounds, budgetMs, baseline, margins } = config;
  return {
    max: rounds.kind === 'pilot' ? rounds.max : rounds.rounds,
    budgetMs,
    baseline,
    twin,
    unjudged,
    margins,
    seed,
  };
}

type Round = Omit<RoundPlace, 'attempt' | 'mayRepeat'> & { readonly inTime: () => boolean };

/** Repeats a round until it is clean, or may not be repeated any more. Adds to `repeats`. */
async function completeRound(
  measuring: Measuring,
  environments: readonly Usable['environment'][],
  round: Round,
  repeats: Repeat[],
): Promise<readonly Trial[]> {
  const { config, listener, signal } = measuring;
  for (let attempt = 1; ; attempt++) {
    const mayRepeat = attempt <= config.retries;
    const outcome = await performRound(measuring, environments, {
      ...round,
      attempt,
      // a round that only violates a guard is kept, with its warnings, when the time is up
      mayRepeat: mayRepeat && round.inTime(),
    });
    if (outcome.kind === 'complete') return outcome.trials;
    repeats.push(outcome.repeat);
    if (outcome.kind === 'failed') {
      await measuring.keepFailure({ ...outcome.repeat, samples: outcome.samples });
      const failed = environments.find(({ name }) => name === outcome.repeat.environment);
      const availability = await failed?.probe(signal);
      if (!mayRepeat || availability?.usable !== true) throw outcome.error;
    }
    listener({ kind: 'round-repeated', repeat: outcome.repeat });
  }
}
