import {
  compare,
  metricCatalogue,
  type Comparison,
  type Margins,
  type RoundPlan,
  type Trial,
} from '@tare/results';
import { fewestRounds, fewestRoundsFor, marginBounds, roundsFor } from '@tare/statistics';

export type Pilot = {
  /** Of all rounds so far. */
  readonly trials: readonly Trial[];
  readonly rounds: number;
  /** How long they took. */
  readonly elapsedMs: number;
  /** How long one more round takes. */
  readonly roundMs: number;
  /** The most rounds in all. */
  readonly max: number;
  /** How long all rounds may take together. */
  readonly budgetMs: number;
  readonly baseline: string;
  readonly control: string | undefined;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  readonly margins: Margins;
  readonly seed: number;
};

const confidence = 0.95;

/**
 * The environments that rounds after a pilot are made of: all but those that get no verdict, which would take time that
 * makes the others' verdicts sharper. Where the baseline itself gets none, nothing is judged, and all go on.
 */
export function environmentsAfterPilot(
  names: readonly string[],
  unjudged: readonly string[],
  baseline: string,
): readonly string[] {
  return unjudged.includes(baseline) ? names : names.filter((name) => !unjudged.includes(name));
}

/**
 * Decides once, from the spread of a pilot, how many rounds there shall be in all: until the 95 % interval of every judged
 * ratio is no wider than its margin to either side (Stein's two-stage rule, see `roundsFor`), and enough for the test to
 * reach significance after the correction for all comparisons. The means of the pilot play no part. p99 is
 * left out: with a few hundred requests it is so imprecise that it alone would decide. The control is left
 * out too, unless there is nothing else to compare.
 */
export function planAfterPilot(pilot: Pilot): RoundPlan {
  const compared = compare(pilot.trials, pilot).filter(({ verdict }) => verdict !== null);
  const others = compared.filter(({ candidate }) => candidate !== pilot.control);
  const judged = others.length > 0 ? others : compared;
  const needs = judged
    .filter(({ metric }) => metric !== 'latencyP99Ms')
    .flatMap((comparison) => {
      const rounds = roundsNeeded(comparison, pilot.rounds);
      return rounds === null ? [] : [{ rounds, comparison }];
    })
    .toSorted((one, other) => other.rounds - one.rounds);
  const [most] = needs;
  const floor = judged.length === 0 ? fewestRounds : (fewestRoundsFor(judged.length) ?? fewestRounds);
  const wantedRounds = Math.min(Math.max(pilot.rounds, floor, most?.rounds ?? 0), mostWanted);
  const leftMs = Math.max(0, pilot.budgetMs - pilot.elapsedMs);
  const affordable = pilot.rounds + Math.floor(leftMs / pilot.roundMs);
  const rounds = Math.min(wantedRounds, Math.max(pilot.max, pilot.rounds), affordable);
  return {
    kind: 'pilot',
    pilotRounds: pilot.rounds,
    rounds,
    wantedRounds,
    limitedBy: rounds === wantedRounds ? 'precision' : rounds === pilot.max ? 'maximum' : 'budget',
    decidedBy: most === undefined || most.rounds <= pilot.rounds ? null : describe(most.comparison),
  };
}

// beyond that the number only says "far too many"
const mostWanted = 100_000;

function roundsNeeded({ logRatioStdev, margin, n }: Comparison, pilotRounds: number): number | null {
  const [, edge] = marginBounds(margin);
  // restarts happen in some rounds only, and a margin of 0 is never reached
  if (logRatioStdev === null || n < pilotRounds || edge <= 1) return null;
  return roundsFor({ pilotStdev: logRatioStdev, pilotN: n, halfWidth: Math.log(edge), confidence });
}

function describe({ workload, metric, candidate, logRatioStdev }: Comparison) {
  return { workload, metric, candidate, logRatioStdev: logRatioStdev ?? 0 };
}

/** @returns "Throughput of primes in docker". */
export function comparisonTitle({
  workload,
  metric,
  candidate,
}: Pick<Comparison, 'workload' | 'metric' | 'candidate'>): string {
  const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
  return `${label} of ${workload} in ${candidate}`;
}
