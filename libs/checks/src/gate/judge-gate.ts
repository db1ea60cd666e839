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
  /** The emulated ones among them, which get no decision. */
  readonly unjudged: readonly string[];
  /** The smallest worsening that matters, as a ratio. */
  readonly threshold: number;
  readonly margins: Margins;
};

/** With fewer requests a p99 rests on fewer than ten of them, and more rounds do not help. */
export const requestsForP99 = 1000;

/**
 * Compares head with base in every environment and decides about every metric. Holm's procedure corrects all decisions
 * together, as one family.
 * @returns comparisons in the order of environments, workloads and the catalogue, without metrics that repeat another.
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
  // metrics without a verdict repeat another
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

/** The evidence for a decision about one metric. */
export type GateEvidence = {
  /** Rounds in which both sides were measured. */
  readonly n: number;
  /** Head ÷ base. */
  readonly ratio: number | null;
  /** Interval of the ratio. */
  readonly ci95: Interval | null;
  readonly ci90: Interval | null;
  /** Adjusted for all decisions of the gate. */
  readonly p: number | null;
  readonly logRatioStdev: number | null;
  /** Relative difference that does not matter, as a ratio. */
  readonly margin: number;
  /** The smallest worsening that matters to the gate, as a ratio. */
  readonly threshold: number;
  readonly direction: Direction;
};

type Decided = Pick<GateComparison, 'decision' | 'roundsMore'>;

const confidence = 0.95;
/** More rounds than this are out of reach. */
const mostRounds = 1000;

/**
 * Decides about one metric.
 * - regression: the adjusted p is below 0.05 and the whole 95 % interval lies beyond the margin, on the bad side.
 * - pass: the whole 95 % interval of the worsening lies below the threshold. Better is a pass too.
 * - undecided: in between. `roundsMore` is the number of extra rounds that would decide, if ratio and spread stay.
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

/** By Stein's rule, with the half-width that the nearer of the two decisions needs. */
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
  /** Reasons why the measurement is worthless, a line each. */
  readonly faults: readonly string[];
};

/**
 * Decides a whole gate. The first case that applies wins:
 * - invalid: there is a fault, which makes every figure doubtful;
 * - regression: at least one metric regressed, whatever else could not be measured;
 * - invalid: an environment or workload could not be measured, or nothing was decided;
 * - undecided: at least one metric is undecided;
 * - pass.
 * @returns the decision, and for an invalid gate the reason in one line.
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

/** Largest share of rounds that may have a trial with too many errors. */
const mostFaultyShare = 0.1;

/**
 * Reasons why a measurement is worthless, a line each: an app that answers with errors does other work, and faster.
 * @param trials those of the last attempt of every round.
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
