import {
  compare,
  metricCatalogue,
  type Comparison,
  type GateComparison,
  type GateDecision,
  type GateEnvironment,
  type GateWorkload,
  type Margins,
  type RunFile,
  type Trial,
} from '@tare/results';
import {
  fewestRounds,
  holmAdjusted,
  marginBounds,
  roundsFor,
  verdictOf,
  type Direction,
  type Interval,
} from '@tare/statistics';
import { baseNameOf } from './gate-plan.ts';

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

/** What a decision about one metric is made of. */
export type GateEvidence = {
  /** Rounds in which both sides were measured. */
  readonly n: number;
  /** Head ÷ base. */
  readonly ratio: number | null;
  /** Of the ratio. */
  readonly ci95: Interval | null;
  readonly ci90: Interval | null;
  /** Adjusted for all that is decided. */
  readonly p: number | null;
  readonly logRatioStdev: number | null;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  /** The smallest worsening that matters to the gate, as a share. */
  readonly threshold: number;
  readonly direction: Direction;
};

type Decided = Pick<GateComparison, 'decision' | 'roundsMore'>;

const confidence = 0.95;
/** More rounds than that are out of reach. */
const mostRounds = 1000;

/**
 * Decides about one metric.
 * - regression: the adjusted p is below 0.05 and the whole 95 % interval lies beyond the margin, on the bad side.
 * - pass: the whole 95 % interval of the worsening lies below the threshold. Better is a pass too.
 * - undecided: in between. So many rounds more would shrink the interval to one of the two, if ratio and spread stay.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function decideComparison(evidence: GateEvidence): Decided {
  if (verdictOf(evidence) === 'worse') return { decision: 'regression', roundsMore: null };
  const { ci95, n, threshold } = evidence;
  const most = ci95 === null ? Number.POSITIVE_INFINITY : Math.max(...ci95.map(worseningOf(evidence)));
  if (n >= fewestRounds && most < Math.log1p(threshold)) return { decision: 'pass', roundsMore: null };
  return { decision: 'undecided', roundsMore: roundsMore(evidence) };
}

/** @returns the worsening of a ratio on the scale of logarithms: above 0 is worse, ×1.1 and ÷1.1 are as far apart. */
function worseningOf({ direction }: Pick<GateEvidence, 'direction'>): (ratio: number) => number {
  return (ratio) => (direction === 'lower' ? Math.log(ratio) : -Math.log(ratio));
}

/** By Stein's rule, with the half-width that the nearer of the two decisions wants. */
function roundsMore(evidence: GateEvidence): number | null {
  const { ratio, n, logRatioStdev, margin, threshold } = evidence;
  if (ratio === null || logRatioStdev === null || n < 2) return null;
  const worsening = worseningOf(evidence)(ratio);
  const halfWidth = Math.max(
    Math.log1p(threshold) - worsening,
    worsening - Math.log(marginBounds(margin)[1]),
  );
  if (halfWidth <= 0) return null;
  const rounds = roundsFor({ pilotStdev: logRatioStdev, pilotN: n, halfWidth, confidence });
  return rounds > mostRounds ? null : Math.max(rounds, fewestRounds, n + 1) - n;
}

export type GateFindings = {
  readonly comparisons: readonly Pick<GateComparison, 'decision'>[];
  readonly workloads: readonly GateWorkload[];
  readonly environments: readonly GateEnvironment[];
  /** What makes the measurement worthless, a line each. */
  readonly faults: readonly string[];
};

/**
 * The decision of a whole gate: the first that holds of
 * - invalid: a fault, which makes every figure doubtful;
 * - regression: at least one metric; it stays one whatever else could not be measured;
 * - invalid: an environment or workload was to be measured and was not, or nothing was decided;
 * - undecided: at least one metric;
 * - pass.
 * @returns the decision, and in one line why there is none.
 */
export function decideGate(findings: GateFindings): {
  readonly decision: GateDecision;
  readonly problem: string | null;
} {
  const { comparisons, workloads, environments, faults } = findings;
  const [fault] = faults;
  if (fault !== undefined) return { decision: 'invalid', problem: fault };
  const decisions = new Set(comparisons.map(({ decision }) => decision));
  if (decisions.has('regression')) return { decision: 'regression', problem: null };
  const missing = environments.find((each) => each.status === 'not-measured');
  if (missing !== undefined) {
    return { decision: 'invalid', problem: `${missing.environment} was not measured: ${missing.reason}` };
  }
  if (workloads.every(({ status }) => status === 'not-compared')) {
    return { decision: 'invalid', problem: 'there is no workload on both sides' };
  }
  const decided = decisions.has('pass') || decisions.has('undecided');
  if (!decided && workloads.some(({ status }) => status === 'measured')) {
    return { decision: 'invalid', problem: 'nothing that was measured is judged' };
  }
  return { decision: decisions.has('undecided') ? 'undecided' : 'pass', problem: null };
}

/** At most this share of the rounds may have a trial with too many errors. */
const mostFaultyShare = 0.1;

/**
 * What makes a measurement worthless, a line each: an app that answers with errors does other work, and does it faster.
 * @param trials of the last attempt of every round.
 */
export function faultsOf(trials: readonly Trial[], rounds: number): string[] {
  const faulty = trials.filter(({ violations }) => violations.some(({ guard }) => guard === 'errors'));
  return [...Map.groupBy(faulty, ({ workload, environment }) => `${workload} in ${environment}`)]
    .filter(([, own]) => own.length > rounds * mostFaultyShare)
    .map(([what, own]) => {
      const first = own[0]?.violations.find(({ guard }) => guard === 'errors')?.message ?? '';
      return `${what} answered with errors in ${own.length} of ${rounds} rounds (${first})`;
    });
}
