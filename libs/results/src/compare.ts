import {
  comparePaired,
  fewestRounds,
  fewestRoundsFor,
  holmAdjusted,
  roundsMoreToDecide,
  type PairedComparison,
  verdictOf,
} from '@tare/statistics';
import { metricCatalogue } from './metric-catalogue.ts';
import type { Metric, MetricKey } from './metric-catalogue.ts';
import type { Comparison, Trial } from './run-file.ts';

const countedOnly = 'errors are counted, not compared by ratio';

/** Relative differences that do not matter, as shares, by key of the metric; others have those of the catalogue. */
export type Margins = Partial<Readonly<Record<MetricKey, number>>>;

type CompareOptions = {
  /** Name of an environment; without trials of it there is nothing to compare. */
  readonly baseline: string;
  /** The second copy of the baseline; judged as a family of its own, so that the others need no more rounds. */
  readonly control?: string | undefined;
  /** Environments that get no verdict: the emulated ones. */
  readonly unjudged?: readonly string[];
  readonly margins?: Margins;
  /** Seed of the random flips of comparisons with more than 12 rounds: that of the run. */
  readonly seed: number;
};

/**
 * Compares every other environment with the baseline, paired by round, for every workload and metric, and judges.
 * Workloads keep the order of the trials, candidates are sorted by name, metrics come in the order of the catalogue.
 * A metric that either of the two has no figure for is left out: a process is never restarted, a machine is.
 * @throws Error when an environment has two trials in one round of a workload; RangeError for a figure that is NaN or
 *   infinite, or a margin below 0.
 */
export function compare(trials: readonly Trial[], options: CompareOptions): Comparison[] {
  const unjudged = [...Map.groupBy(trials, (trial) => trial.workload)].flatMap(([workload, ofWorkload]) =>
    compareWorkload(workload, ofWorkload, options),
  );
  return judge(unjudged, options);
}

function compareWorkload(
  workload: string,
  trials: readonly Trial[],
  { baseline, margins = {}, seed }: CompareOptions,
): Unjudged[] {
  const rounds = [...new Set(trials.map((trial) => trial.round))].toSorted((a, b) => a - b);
  const names = [...new Set(trials.map((trial) => trial.environment))].toSorted();
  const inRounds = new Map(names.map((name) => [name, trialOfEachRound(trials, name, rounds)] as const));
  const ofBaseline = inRounds.get(baseline) ?? rounds.map(() => null);
  return [...inRounds]
    .filter(([candidate]) => candidate !== baseline)
    .flatMap(([candidate, ofCandidate]) =>
      metricCatalogue
        .filter((metric) => hasFigures(metric, ofCandidate) && hasFigures(metric, ofBaseline))
        .map((metric) => ({
          workload,
          metric,
          baseline,
          candidate,
          ...compareMetric(metric, ofCandidate, ofBaseline, margins[metric.key] ?? metric.margin, seed),
        })),
    );
}

/** The trial of each round, null where the environment was not measured. */
type TrialOfRounds = readonly (Trial | null)[];

function trialOfEachRound(
  trials: readonly Trial[],
  environment: string,
  rounds: readonly number[],
): TrialOfRounds {
  return rounds.map((round) => {
    const found = trials.filter((trial) => trial.environment === environment && trial.round === round);
    if (found.length > 1) {
      throw new Error(
        `compare: ${found.length} trials of "${environment}" in round ${round} of "${found[0]?.workload}", expected 1`,
      );
    }
    return found[0] ?? null;
  });
}

type Figures = Pick<
  Unjudged,
  | 'n'
  | 'ratio'
  | 'hodgesLehmannRatio'
  | 'ci95'
  | 'ci90'
  | 'p'
  | 'margin'
  | 'logRatioStdev'
  | 'minimumDetectableRatio'
  | 'warnings'
>;

function compareMetric(
  metric: Metric,
  candidate: TrialOfRounds,
  baseline: TrialOfRounds,
  margin: number,
  seed: number,
): Figures {
  const { direction } = metric;
  const compared =
    metric.key === 'errors'
      ? // a count may be 0, and has no ratio
        { ...comparePaired([], [], { margin, direction, seed }), n: countBoth(candidate, baseline) }
      : comparePaired(figures(metric, candidate), figures(metric, baseline), { margin, direction, seed });
  return {
    ...pick(compared),
    warnings: metric.key === 'errors' ? [countedOnly] : compared.warnings.map(({ message }) => message),
  };
}

function pick(compared: PairedComparison): Omit<Figures, 'warnings'> {
  const { n, ratio, hodgesLehmannRatio, ci95, ci90, p, margin, logRatioStdev, minimumDetectableRatio } =
    compared;
  return {
    n,
    ratio,
    hodgesLehmannRatio,
    ci95: pair(ci95),
    ci90: pair(ci90),
    p,
    margin,
    logRatioStdev,
    minimumDetectableRatio,
  };
}

function pair(interval: readonly [number, number] | null): [number, number] | null {
  return interval === null ? null : [interval[0], interval[1]];
}

function countBoth(candidate: TrialOfRounds, baseline: TrialOfRounds): number {
  return candidate.filter((trial, place) => trial !== null && baseline[place] !== null).length;
}

function hasFigures(metric: Metric, trials: TrialOfRounds): boolean {
  return figures(metric, trials).some((figure) => figure !== null);
}

function figures(metric: Metric, trials: TrialOfRounds): (number | null)[] {
  return trials.map((trial) => trial && metric.of(trial));
}

/** A comparison before it is judged. */
type Unjudged = Omit<Comparison, 'metric' | 'pAdjusted' | 'verdict' | 'roundsMore'> & {
  readonly metric: Metric;
};

type JudgeOptions = {
  readonly control?: string | undefined;
  readonly unjudged?: readonly string[];
};

/**
 * Gives verdicts. All judged comparisons of a run are one family and corrected together by Holm's procedure; those of the
 * control are a family of their own. Emulated environments and metrics that repeat another get none.
 */
function judge(comparisons: readonly Unjudged[], { control, unjudged = [] }: JudgeOptions): Comparison[] {
  const isJudged = (each: Unjudged): boolean =>
    each.metric.judged && each.p !== null && !unjudged.includes(each.candidate);
  const families = Map.groupBy(comparisons.filter(isJudged), ({ candidate }) => candidate === control);
  const verdicts = new Map(
    [...families.values()].flatMap((family) => {
      const adjusted = holmAdjusted(family.map(({ p }) => p ?? 1));
      return family.map(
        (each, place) => [each, verdictIn(each, adjusted[place] ?? 1, family.length)] as const,
      );
    }),
  );
  return comparisons.map((each) => {
    const judged = verdicts.get(each) ?? { pAdjusted: null, verdict: null, roundsMore: null, warnings: [] };
    return { ...each, metric: each.metric.key, ...judged, warnings: [...each.warnings, ...judged.warnings] };
  });
}

type Judged = Pick<Comparison, 'pAdjusted' | 'verdict' | 'roundsMore' | 'warnings'>;

function verdictIn(comparison: Unjudged, pAdjusted: number, familySize: number): Judged {
  const { n, ratio, logRatioStdev, ci95, ci90, margin, metric } = comparison;
  const verdict = verdictOf({ n, p: pAdjusted, ci95, ci90, margin, direction: metric.direction });
  const fewest = fewestRoundsFor(familySize);
  const warnings =
    verdict === 'undecided' && fewest !== null && n >= fewestRounds && n < fewest
      ? [`needs at least ${fewest} rounds to tell a difference among ${familySize} comparisons`]
      : [];
  const roundsMore =
    verdict !== 'undecided' || ratio === null || logRatioStdev === null
      ? null
      : roundsMoreToDecide({ n, ratio, logRatioStdev, margin }, { familySize });
  return { pAdjusted, verdict, roundsMore, warnings };
}
