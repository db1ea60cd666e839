import {
  compare,
  type Comparison,
  type GateComparison,
  type Margins,
  metricCatalogue,
  type RunFile,
  type Trial,
} from '@tare/results';
import { holmAdjusted } from '@tare/statistics';
import { baseNameOf } from './base-side.ts';
import { decideComparison } from './decide-comparison.ts';

export type GateQuestion = {
  /** Names of the environments; the base's copy of each has the name of {@link baseNameOf}. */
  readonly environments: readonly string[];
  /** Those of them that get no decision: the emulated ones. */
  readonly unjudged: readonly string[];
  /** The smallest worsening that matters, as a share. */
  readonly threshold: number;
  readonly margins: Margins;
};

/** A p99 of fewer requests is the reading of fewer than ten of them, and no number of rounds makes it a p99. */
export const requestsForP99 = 1000;

/**
 * Compares head with base in every environment and decides about every metric. All that is decided is one family and
 * corrected together by Holm's procedure.
 * @returns in the order of environments, workloads and the catalogue; metrics that repeat another are left out.
 */
export function judgeGate(run: Pick<RunFile, 'trials' | 'seed'>, question: GateQuestion): GateComparison[] {
  const found = question.environments.flatMap((environment) =>
    comparePair(run, environment, question.margins).map((comparison) => {
      const note = noteOn(comparison, run.trials, question.unjudged);
      return { comparison, note, environment };
    }),
  );
  const family = found.filter(({ note }) => note === null);
  const adjusted = holmAdjusted(family.map(({ comparison }) => comparison.p ?? 1));
  return found.map((each) => {
    const { workload, metric, n, ratio, ci95, margin } = each.comparison;
    const place = family.indexOf(each);
    const p = place === -1 ? null : (adjusted[place] ?? 1);
    const decided =
      p === null
        ? { decision: null, roundsMore: null }
        : decideComparison({
            ...each.comparison,
            p,
            threshold: question.threshold,
            direction: directionOf(metric),
          });
    return {
      workload,
      environment: each.environment,
      metric,
      n,
      ratio,
      ci95,
      pAdjusted: p,
      margin,
      ...decided,
      note: each.note,
    };
  });
}

function comparePair(
  { trials, seed }: Pick<RunFile, 'trials' | 'seed'>,
  environment: string,
  margins: Margins,
): Comparison[] {
  const baseline = baseNameOf(environment);
  const own = trials.filter((trial) => trial.environment === environment || trial.environment === baseline);
  // those without a verdict repeat another
  return compare(own, { baseline, margins, seed }).filter(({ verdict }) => verdict !== null);
}

/** Why a comparison gets no decision; null when it gets one. */
function noteOn(
  { candidate, baseline, workload, metric }: Comparison,
  trials: readonly Trial[],
  unjudged: readonly string[],
): string | null {
  if (unjudged.includes(candidate)) return 'not judged: emulated';
  if (metric !== 'latencyP99Ms') return null;
  const own = trials.filter(
    (trial) =>
      trial.workload === workload && (trial.environment === candidate || trial.environment === baseline),
  );
  const fewest = Math.min(...own.map(({ open, load }) => (open ?? load).requests));
  if (fewest >= requestsForP99) return null;
  return `not judged: as few as ${fewest} requests in a trial, a p99 takes ${requestsForP99}`;
}

function directionOf(metric: string): 'lower' | 'higher' {
  return metricCatalogue.find(({ key }) => key === metric)?.direction ?? 'lower';
}
