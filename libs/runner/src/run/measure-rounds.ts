import type { Repeat, RoundPlan, Trial, TrialFailure } from '@tare/results';
import { roundOrders } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';
import type { Listener } from '../progress/run-event.ts';
import type { ArrivalRates } from './arrival-rates.ts';
import { performRound, type RoundPlace } from './perform-round.ts';
import type { Preparation } from './ready-environments.ts';
import { planAfterPilot } from './round-plan.ts';
import { timeLeft } from './time-left.ts';
import type { Usable } from './usable-environments.ts';

export type Measuring = {
  readonly config: ResolvedConfig;
  readonly listener: Listener;
  readonly signal: AbortSignal;
  readonly preparation: Preparation;
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
 * pilot, if there is one, the number of rounds is decided once and for all. A round in which a trial fails or violates a
 * guard is repeated whole, as often as the configuration allows.
 * @returns the trials of the last attempt of every round, what was repeated, and how many rounds there were, and why.
 * @throws Error of the trial that could not be had.
 */
export async function measureRounds(measuring: Measuring, ready: readonly Usable[]): Promise<Measured> {
  const { config, listener, seed, runId, journalFolder } = measuring;
  const environments = new Map(ready.map(({ environment }) => [environment.name, environment]));
  const { rounds: wanted } = config;
  const most = wanted.kind === 'fixed' ? wanted.rounds : Math.max(wanted.max, wanted.pilot);
  const orders = roundOrders([...environments.keys()], most, seed);
  const perRound = environments.size * config.workloads.length;
  listener({
    kind: 'run-started',
    runId,
    seed,
    rounds: wanted.kind === 'fixed' ? wanted.rounds : undefined,
    journal: journalFolder,
  });
  const left = timeLeft(config.load);
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
      total: rounds * perRound,
      left,
      inTime: () => wanted.kind === 'fixed' || performance.now() - begunAt < config.budgetMs,
    };
    const inRound = names.flatMap((name) => environments.get(name) ?? []);
    trials.push(...(await completeRound(measuring, inRound, round, repeats)));
    if (wanted.kind === 'pilot' && round.round === wanted.pilot) {
      const elapsedMs = performance.now() - begunAt;
      plan = planAfterPilot({ ...pilotOf(measuring), trials, rounds: round.round, elapsedMs });
      listener({ kind: 'rounds-decided', plan });
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
