import { pairedRatio } from '@tare/statistics';
import type { PairedRatio } from '@tare/statistics';
import { metricCatalogue } from './metric-catalogue.ts';
import type { Metric } from './metric-catalogue.ts';
import type { Comparison, Trial } from './run-file.ts';

/** Warning of every comparison until there is a test behind the verdict. */
export const noTestMade = 'no test was made: this version reports ratios and intervals only';
const countedOnly = 'errors are counted, not compared by ratio';

/**
 * Compares every other environment with the baseline, paired by round, for every workload and metric. Workloads keep the
 * order of the trials, candidates are sorted by name, metrics come in the order of the catalogue.
 * A metric that either of the two has no figure for is left out: a process is never restarted, a machine is.
 * @param baseline name of an environment; without trials of it there is nothing to compare.
 * @throws Error when an environment has two trials in one round of a workload; RangeError for a figure that is NaN or infinite.
 */
export function compare(trials: readonly Trial[], baseline: string): Comparison[] {
  return [...Map.groupBy(trials, (trial) => trial.workload)].flatMap(([workload, ofWorkload]) => {
    const rounds = [...new Set(ofWorkload.map((trial) => trial.round))].toSorted((a, b) => a - b);
    const names = [...new Set(ofWorkload.map((trial) => trial.environment))].toSorted();
    const inRounds = new Map(
      names.map((name) => [name, trialOfEachRound(ofWorkload, name, rounds)] as const),
    );
    const ofBaseline = inRounds.get(baseline) ?? rounds.map(() => null);
    return [...inRounds]
      .filter(([candidate]) => candidate !== baseline)
      .flatMap(([candidate, ofCandidate]) =>
        metricCatalogue
          .filter((metric) => hasFigures(metric, ofCandidate) && hasFigures(metric, ofBaseline))
          .map((metric) => ({
            workload,
            metric: metric.key,
            baseline,
            candidate,
            ...compareMetric(metric, ofCandidate, ofBaseline),
          })),
      );
  });
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

type Figures = Pick<Comparison, 'n' | 'ratio' | 'ci95' | 'p' | 'verdict' | 'warnings'>;

function compareMetric(metric: Metric, candidate: TrialOfRounds, baseline: TrialOfRounds): Figures {
  const { n, ratio, ci95, warnings } =
    metric.key === 'errors'
      ? countBothMeasured(candidate, baseline)
      : pairedRatio(figures(metric, candidate), figures(metric, baseline));
  const messages = warnings.map(({ message }) => message);
  if (metric.key === 'errors') messages.push(countedOnly);
  return { n, ratio, ci95, p: null, verdict: 'undecided', warnings: [...messages, noTestMade] };
}

function countBothMeasured(candidate: TrialOfRounds, baseline: TrialOfRounds): PairedRatio {
  const n = candidate.filter((trial, place) => trial !== null && baseline[place] !== null).length;
  return { n, ratio: null, ci95: null, warnings: [] };
}

function hasFigures(metric: Metric, trials: TrialOfRounds): boolean {
  return figures(metric, trials).some((figure) => figure !== null);
}

function figures(metric: Metric, trials: TrialOfRounds): (number | null)[] {
  return trials.map((trial) => trial && metric.of(trial));
}
