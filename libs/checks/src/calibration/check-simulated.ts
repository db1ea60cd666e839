import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  comparePaired,
  decideGuarded,
  decideSequentially,
  planGuardedLooks,
  planLooks,
  roundOrders,
  seededRandom,
  type GuardedRound,
  type SeededRandom,
  type SequentialDecision,
} from '@tare/statistics';
import type { Check, Share } from '@tare/results/calibration';
import { made } from './check-items.ts';
import { shareItem, shareOf, type ShareRule } from './shares.ts';

type SimulatedCheck = {
  readonly runs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

export type Simulated = { readonly check: Check; readonly shares: readonly Share[] };

const fixed: Design = { kind: 'fixed', rounds: 12 };
/** The default design of a run. */
const looked: Design = { kind: 'looks', max: 30 };
const margin = 0.02;
const wantedPercent = 95;

const model =
  'Models: with a fixed number of rounds, whole windows one after the other: the host drifts (first-order autoregression, standard deviation 4 %, correlation 0.9 from trial to trial), and every trial deviates by 3 %. With looks, slices as in a default run: the typical slices of a launch deviate by 3 %, so that a ratio of two copies varies by 4.2 % (in eight default runs on a noisy host it varied by 2.2 to 4.3 %); all slices by a further 2.5 %; the candidate is compared with the mean of two copies. One metric, throughput with a margin of 2 %, through the comparison and the verdict of real runs.';

/** How often simulated comparisons of equals come out different. */
export async function checkSimulatedAA(options: SimulatedCheck): Promise<Simulated> {
  const [significant, verdict] = await simulate(options, fixed, 0);
  const [, lookedVerdict] = await simulate(options, looked, 0);
  const title = {
    id: 'aa-simulated',
    part: 'aa',
    title: 'Simulated comparisons of equals',
    unit: '%',
  } as const;
  const items = [
    shareItem(significant, { kind: 'nominal' }),
    shareItem(verdict, { kind: 'below-nominal' }),
    shareItem(lookedVerdict, { kind: 'below-nominal' }),
  ];
  const lookNote =
    'A verdict is decided at the first look whose interval lies beyond the margin or within it; equals lie far from its edges, so that a false difference is rarer than 1 in 20.';
  return {
    check: made(title, items, [model, lookNote]),
    shares: [significant, verdict, lookedVerdict],
  };
}

/** How often simulated comparisons find a slowdown. */
export async function checkSimulatedAB(
  options: SimulatedCheck,
  slowdownPercents: readonly number[],
): Promise<Simulated> {
  const judged = { design: looked, slowdownPercent: 5 };
  const shares: Share[] = [];
  const items = [];
  for (const design of [fixed, looked]) {
    for (const slowdownPercent of slowdownPercents) {
      const [significant, verdict] = await simulate(options, design, slowdownPercent);
      const rule: ShareRule =
        design === judged.design && slowdownPercent === judged.slowdownPercent
          ? { kind: 'at-least', percent: wantedPercent }
          : { kind: 'shown' };
      if (design.kind === 'fixed') {
        shares.push(significant);
        items.push(shareItem(significant, { kind: 'shown' }));
      }
      shares.push(verdict);
      items.push(shareItem(verdict, rule));
    }
  }
  const title = { id: 'ab-simulated', part: 'ab', title: 'Simulated slowdowns', unit: '%' } as const;
  const note =
    '“worse” asks for more than p < 0.05: the whole interval must lie beyond the margin, so that small differences that are real stay undecided.';
  return { check: made(title, items, [model, note]), shares };
}

function simulate(
  { runs, seed, signal }: SimulatedCheck,
  design: Design,
  slowdownPercent: number,
): Promise<readonly [Share, Share]> {
  return simulateShares({
    design,
    slowdownPercent,
    margin,
    runs,
    seed,
    signal,
  });
}

type Simulation = {
  readonly design: Design;
  readonly slowdownPercent: number;
  /** Relative difference that does not matter, as a ratio. */
  readonly margin: number;
  readonly runs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

/** Number of runs between two looks at the signal. */
const batch = 20;
/** Distance between the run seeds of one seed and those of the next. */
const seedStride = 1_000_000;

/**
 * Simulates runs and counts how often they find a difference: in A/A (no slowdown) any difference, in A/B the right one.
 * @returns the share of significant differences, and the share of verdicts.
 */
export async function simulateShares(simulation: Simulation): Promise<readonly [Share, Share]> {
  const { design, slowdownPercent, margin, runs, seed, signal } = simulation;
  const slowdown = slowdownPercent / 100;
  let [significant, verdicts] = [0, 0];
  // once: the levels of thirty rounds take 30 ms to compute, more than all else of a simulated run
  const simulateRun = runsOf(design, { slowdown, margin });
  for (let run = 0; run < runs; run += 1) {
    if (run % batch === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const result = simulateRun(seed * seedStride + run);
    if (slowdown === 0 ? result.significant : result.slowerFound) significant += 1;
    if (result.verdict === 'worse' || (slowdown === 0 && result.verdict === 'better')) verdicts += 1;
  }
  const counted = {
    part: slowdown === 0 ? 'aa' : 'ab',
    source: 'simulated',
    design: designText(design),
    slowdownPercent,
    metric: 'throughputRps',
    runs,
  } as const;
  return [
    shareOf({ ...counted, outcome: 'significant', hits: significant }),
    shareOf({ ...counted, outcome: 'verdict', hits: verdicts }),
  ];
}

/** How a run chooses its number of rounds. */
type Design =
  { readonly kind: 'fixed'; readonly rounds: number } | { readonly kind: 'looks'; readonly max: number };

/** @returns the design in words: "12 rounds", "looks, at most 30 rounds". */
function designText(design: Design): string {
  return design.kind === 'fixed' ? `${design.rounds} rounds` : `looks, at most ${design.max} rounds`;
}

type SimulatedResult = {
  /** p < 0.05; not adjusted, because it is the only comparison. */
  readonly significant: boolean;
  /** Significant, and on the side of the slowdown. */
  readonly slowerFound: boolean;
  readonly verdict: SequentialDecision['decision'];
};

const significance = 0.05;

type SimulatedTruth = {
  /** How much slower the candidate is, as a ratio: 0.05 for 5 %. */
  readonly slowdown: number;
  /** Relative difference that does not matter, as a ratio. */
  readonly margin: number;
};

/** @returns what simulates the run with a given seed: its rounds go through the comparison and the verdict of real runs. */
function runsOf(design: Design, { slowdown, margin }: SimulatedTruth): (seed: number) => SimulatedResult {
  const direction = 'higher';
  const resultOf = (
    logRatios: readonly number[],
    seed: number,
    verdict: SimulatedResult['verdict'],
  ): SimulatedResult => {
    const equal = logRatios.map(() => 1);
    const { p, ratio } = comparePaired(logRatios.map(Math.exp), equal, { margin, direction, seed });
    const significant = p !== null && p < significance;
    return { significant, slowerFound: significant && ratio !== null && ratio < 1, verdict };
  };
  if (design.kind === 'fixed') {
    const plan = planLooks(design.rounds, { rounds: [design.rounds] });
    return (seed) => {
      // one seed would give one stream, but order, noise and test must be independent
      const [noise, order, flips] = [seed * 3, seed * 3 + 1, seed * 3 + 2];
      const logRatios = simulatedRounds(design.rounds, slowdown, { noise, order });
      const { decision } = decideSequentially(logRatios, { plan, margin, direction });
      return resultOf(logRatios, flips, decision);
    };
  }
  const plan = planGuardedLooks(design.max);
  return (seed) => {
    const rounds = slicedRounds(design.max, slowdown, seededRandom(seed * 3));
    const { decision } = decideGuarded(rounds, { plan, margin, direction });
    return resultOf(
      rounds.map(({ whole }) => whole),
      seed * 3 + 2,
      decision,
    );
  };
}

/** How much launches deviate that are loaded in slices, on a logarithmic scale: the drift of the host hits all alike. */
const slicedLaunch = { typicalStdev: 0.03, wholeStdev: 0.025 };

/** Rounds of a candidate, a baseline and its copy. */
function slicedRounds(rounds: number, slowdown: number, random: SeededRandom): readonly GuardedRound[] {
  const normal = normalStream(random);
  const launch = (): GuardedRound => {
    const typical = slicedLaunch.typicalStdev * normal();
    return { typical, whole: typical + slicedLaunch.wholeStdev * normal() };
  };
  return Array.from({ length: rounds }, () => {
    const [candidate, baseline, copy] = [launch(), launch(), launch()];
    const ratio = (of: keyof GuardedRound): number =>
      candidate[of] - Math.log1p(slowdown) - (baseline[of] + copy[of]) / 2;
    return { typical: ratio('typical'), whole: ratio('whole') };
  });
}

/** Log-ratios of a candidate to a baseline, each measured once in every round, in seeded random order, on a drifting host. */
function simulatedRounds(
  rounds: number,
  slowdown: number,
  seeds: { readonly noise: number; readonly order: number },
): readonly number[] {
  const deviations = trialDeviations(driftingHost, seededRandom(seeds.noise));
  return roundOrders(['baseline', 'candidate'], rounds, seeds.order).map((order) => {
    const deviation = new Map(order.map((name) => [name, deviations.next().value]));
    return (deviation.get('candidate') ?? 0) - Math.log1p(slowdown) - (deviation.get('baseline') ?? 0);
  });
}

/** A host whose speed drifts, and launches that differ; on a logarithmic scale, so 0.04 is 4 %. */
type HostModel = {
  /** Standard deviation of the host's drift, a first-order autoregression over the trials. */
  readonly driftStdev: number;
  /** Correlation of the drift at one trial with that at the next. */
  readonly driftMemory: number;
  /** Standard deviation of a single trial, in addition to the drift. */
  readonly trialStdev: number;
};

/** The kind of host that the design is made for: see the false positives by design in @tare/statistics. */
export const driftingHost: HostModel = { driftStdev: 0.04, driftMemory: 0.9, trialStdev: 0.03 };

/**
 * An endless sequence of trials on such a host: the logarithm of each trial's deviation.
 * @param random a stream that nothing else uses.
 */
export function* trialDeviations(model: HostModel, random: SeededRandom): Generator<number, never> {
  const { driftStdev, driftMemory, trialStdev } = model;
  const normal = normalStream(random);
  const innovation = Math.sqrt(1 - driftMemory ** 2);
  let drift = normal();
  for (;;) {
    yield driftStdev * drift + trialStdev * normal();
    drift = driftMemory * drift + innovation * normal();
  }
}

/** Standard normal numbers by the method of Box & Muller 1958. */
function normalStream({ uint32 }: SeededRandom): () => number {
  const uniform = (): number => (uint32() + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
