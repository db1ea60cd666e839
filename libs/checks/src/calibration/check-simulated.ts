import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  comparePaired,
  marginBounds,
  roundOrders,
  roundsFor,
  seededRandom,
  verdictOf,
  type PairedComparison,
  type SeededRandom,
  type Verdict,
} from '@tare/statistics';
import type { Check, Share } from './calibration-file.ts';
import { made } from './check-items.ts';
import { shareItem, shareOf, type ShareRule } from './shares.ts';

type SimulatedCheck = {
  readonly runs: number;
  readonly pilotRuns: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

export type Simulated = { readonly check: Check; readonly shares: readonly Share[] };

const fixed: Design = { kind: 'fixed', rounds: 12 };
/** The default design of a run. */
const piloted: Design = { kind: 'pilot', pilot: 6, max: 30 };
const margin = 0.02;
const wantedPercent = 90;

const model =
  'Model: the host drifts (first-order autoregression, standard deviation 4 %, correlation 0.9 from trial to trial), and every trial deviates by 3 %. One metric, throughput with a margin of 2 %, through the comparison and the verdict of real runs.';

/** How often simulated comparisons of equals come out different. */
export async function checkSimulatedAA(options: SimulatedCheck): Promise<Simulated> {
  const [significant, verdict] = await simulate(options, fixed, 0);
  const [pilotSignificant, pilotVerdict] = await simulate(options, piloted, 0);
  const title = {
    id: 'aa-simulated',
    part: 'aa',
    title: 'Simulated comparisons of equals',
    unit: '%',
  } as const;
  const items = [
    shareItem(significant, { kind: 'nominal' }),
    shareItem(verdict, { kind: 'below-nominal' }),
    shareItem(pilotSignificant, { kind: 'shown' }),
    shareItem(pilotVerdict, { kind: 'below-nominal' }),
  ];
  const pilotNote =
    'That the number of rounds follows from the pilot’s spread costs about one percent point of p < 0.05; verdicts, which must also lie beyond the margin, do not feel it.';
  return {
    check: made(title, items, [model, pilotNote]),
    shares: [significant, verdict, pilotSignificant, pilotVerdict],
  };
}

/** How often simulated comparisons find a slowdown. */
export async function checkSimulatedAB(
  options: SimulatedCheck,
  slowdownPercents: readonly number[],
): Promise<Simulated> {
  const judged = { design: piloted, slowdownPercent: 5 };
  const shares: Share[] = [];
  const items = [];
  for (const design of [fixed, piloted]) {
    for (const slowdownPercent of slowdownPercents) {
      const [significant, verdict] = await simulate(options, design, slowdownPercent);
      const rule: ShareRule =
        design === judged.design && slowdownPercent === judged.slowdownPercent
          ? { kind: 'at-least', percent: wantedPercent }
          : { kind: 'shown' };
      shares.push(significant, verdict);
      items.push(shareItem(significant, rule), shareItem(verdict, { kind: 'shown' }));
    }
  }
  const title = { id: 'ab-simulated', part: 'ab', title: 'Simulated slowdowns', unit: '%' } as const;
  const note =
    '“worse” asks for more than p < 0.05: the whole interval must lie beyond the margin, so that small differences that are real stay undecided.';
  return { check: made(title, items, [model, note]), shares };
}

function simulate(
  { runs, pilotRuns, seed, signal }: SimulatedCheck,
  design: Design,
  slowdownPercent: number,
): Promise<readonly [Share, Share]> {
  return simulateShares({
    design,
    slowdownPercent,
    margin,
    runs: design.kind === 'pilot' ? pilotRuns : runs,
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
  for (let run = 0; run < runs; run += 1) {
    if (run % batch === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const result = simulateRun({ design, slowdown, margin, seed: seed * seedStride + run });
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
  | { readonly kind: 'fixed'; readonly rounds: number }
  | { readonly kind: 'pilot'; readonly pilot: number; readonly max: number };

type SimulatedRun = {
  readonly design: Design;
  /** How much slower the candidate is, as a ratio: 0.05 for 5 %. */
  readonly slowdown: number;
  /** Relative difference that does not matter, as a ratio. */
  readonly margin: number;
  readonly seed: number;
};

type SimulatedResult = {
  readonly rounds: number;
  /** p < 0.05; not adjusted, because it is the only comparison. */
  readonly significant: boolean;
  /** Significant, and on the side of the slowdown. */
  readonly slowerFound: boolean;
  readonly verdict: Verdict;
};

const significance = 0.05;
const confidence = 0.95;

/** @returns the design in words: "12 rounds", "pilot of 6, at most 30". */
function designText(design: Design): string {
  return design.kind === 'fixed'
    ? `${design.rounds} rounds`
    : `pilot of ${design.pilot}, at most ${design.max}`;
}

/**
 * Simulates one run on a drifting host: a baseline and a candidate once in every round, in seeded random order. Their
 * throughputs go through the comparison and the verdict of real runs.
 */
function simulateRun({ design, slowdown, margin, seed }: SimulatedRun): SimulatedResult {
  const most = design.kind === 'fixed' ? design.rounds : design.max;
  // one seed would give one stream, but order, noise and test must be independent
  const [noise, order, flips] = [seed * 3, seed * 3 + 1, seed * 3 + 2];
  const throughputs = simulatedRounds(most, slowdown, { noise, order });
  const compareFirst = (rounds: number): PairedComparison =>
    comparePaired(
      throughputs.slice(0, rounds).map(({ candidate }) => candidate),
      throughputs.slice(0, rounds).map(({ baseline }) => baseline),
      { margin, direction: 'higher', seed: flips },
    );
  const rounds = design.kind === 'fixed' ? design.rounds : plannedRounds(compareFirst(design.pilot), design);
  const { p, ratio, ...compared } = compareFirst(rounds);
  const significant = p !== null && p < significance;
  return {
    rounds,
    significant,
    slowerFound: significant && ratio !== null && ratio < 1,
    verdict: verdictOf({ ...compared, p }),
  };
}

type Throughputs = { readonly baseline: number; readonly candidate: number };

function simulatedRounds(
  rounds: number,
  slowdown: number,
  seeds: { readonly noise: number; readonly order: number },
): readonly Throughputs[] {
  const deviations = trialDeviations(driftingHost, seededRandom(seeds.noise));
  return roundOrders(['baseline', 'candidate'], rounds, seeds.order).map((order) => {
    const deviation = new Map(order.map((name) => [name, deviations.next().value]));
    return {
      baseline: Math.exp(deviation.get('baseline') ?? 0),
      candidate: Math.exp(deviation.get('candidate') ?? 0) / (1 + slowdown),
    };
  });
}

function plannedRounds(
  { logRatioStdev, margin }: PairedComparison,
  { pilot, max }: Extract<Design, { kind: 'pilot' }>,
): number {
  const [, edge] = marginBounds(margin);
  if (logRatioStdev === null) return max;
  const wanted = roundsFor({
    pilotStdev: logRatioStdev,
    pilotN: pilot,
    halfWidth: Math.log(edge),
    confidence,
  });
  return Math.min(wanted, max);
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
