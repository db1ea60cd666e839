import {
  comparePaired,
  marginBounds,
  roundOrders,
  roundsFor,
  seededRandom,
  verdictOf,
  type PairedComparison,
  type Verdict,
} from '@tare/statistics';
import { driftingHost, trialDeviations } from './host-model.ts';

/** How the number of rounds comes about. */
export type Design =
  | { readonly kind: 'fixed'; readonly rounds: number }
  | { readonly kind: 'pilot'; readonly pilot: number; readonly max: number };

export type SimulatedRun = {
  readonly design: Design;
  /** How much slower the candidate is, as a share: 0.05 for 5 %. */
  readonly slowdown: number;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  readonly seed: number;
};

export type SimulatedResult = {
  readonly rounds: number;
  /** p < 0.05; not adjusted, as it is the only comparison. */
  readonly significant: boolean;
  /** Significant, and on the side of the slowdown. */
  readonly slowerFound: boolean;
  readonly verdict: Verdict;
};

const significance = 0.05;
const confidence = 0.95;

/** @returns the design in words: "12 rounds", "pilot of 6, at most 30". */
export function designText(design: Design): string {
  return design.kind === 'fixed'
    ? `${design.rounds} rounds`
    : `pilot of ${design.pilot}, at most ${design.max}`;
}

/**
 * One run on a simulated drifting host: a baseline and a candidate, once each in every round, in seeded random order;
 * their throughputs go through the comparison and the verdict that real runs go through.
 */
export function simulateRun({ design, slowdown, margin, seed }: SimulatedRun): SimulatedResult {
  const most = design.kind === 'fixed' ? design.rounds : design.max;
  // streams of one seed would be one stream: order, noise and test must not know of each other
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
