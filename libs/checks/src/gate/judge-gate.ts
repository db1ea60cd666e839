import {
  asDecided,
  compare,
  latencyWindowOf,
  metricCatalogue,
  requestsForP99,
  type Comparison,
  type GateComparison,
  type GateDecision,
  type GateEnvironment,
  type GateWorkload,
  type Looks,
  type Margins,
  type RunFile,
  type Trial,
} from '@tare/results';
import type { Found } from '@tare/runner';
import {
  counted,
  type Direction,
  fewestRounds,
  type Interval,
  marginBounds,
  roundsFor,
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
  /** When the run looked; undefined where its number of rounds was given. */
  readonly looks: Looks | undefined;
};

/**
 * Compares head with base in every environment and decides about every metric, each by itself.
 * @returns comparisons in the order of environments, workloads and the catalogue, without metrics that repeat another.
 */
export function judgeGate(run: Pick<RunFile, 'trials' | 'seed'>, question: GateQuestion): GateComparison[] {
  return question.environments.flatMap((environment) =>
    comparePair(run, environment, question).map((comparison) => {
      const { workload, metric, n, margin } = comparison;
      const { ratio } = asDecided(comparison);
      const note = noteOn(comparison, run.trials, question.unjudged);
      const evidence = evidenceOf(comparison, question.threshold);
      const decided = note === null ? decideComparison(evidence) : { decision: null, roundsMore: null };
      return { workload, environment, metric, n, ratio, ci95: evidence.interval, margin, ...decided, note };
    }),
  );
}

function evidenceOf(comparison: Comparison, threshold: number): GateEvidence {
  const { ci95, look, metric } = comparison;
  return {
    ...comparison,
    interval: look?.interval ?? ci95,
    whole: look?.whole,
    threshold,
    direction: directionOf(metric),
  };
}

/**
 * What is open for a gate at a look. A pass does not wait until a metric is the same within the margin. Once something has
 * regressed the answer is known, and nothing is open.
 * Pairs with an unjudged environment are left out.
 */
export function openInGate(
  run: { readonly trials: readonly Trial[]; readonly seed: number },
  question: GateQuestion,
): Found {
  const { environments, unjudged, threshold } = question;
  const judged = environments
    .filter((name) => !unjudged.includes(name) && !unjudged.includes(baseNameOf(name)))
    .flatMap((environment) => comparePair(run, environment, question))
    .filter(({ verdict }) => verdict !== null)
    .map((comparison) => ({ comparison, ...decideComparison(evidenceOf(comparison, threshold)) }));
  const open = judged.some(({ decision }) => decision === 'regression')
    ? []
    : judged.filter(({ decision }) => decision === 'undecided').map(({ comparison }) => comparison);
  return {
    judged: judged.map(({ comparison }) => comparison),
    open,
    candidates: [...new Set(open.flatMap(({ candidate, baseline }) => [candidate, baseline]))],
  };
}

function comparePair(
  { trials, seed }: { readonly trials: readonly Trial[]; readonly seed: number },
  environment: string,
  { margins, looks, threshold }: GateQuestion,
): Comparison[] {
  const baseline = baseNameOf(environment);
  const own = trials.filter((trial) => trial.environment === environment || trial.environment === baseline);
  // the others repeat one of these
  return compare(own, { baseline, margins: within(margins, threshold), seed, looks }).filter(
    ({ metric }) => metricOf(metric)?.judged === true,
  );
}

/** A worsening between threshold and margin could neither pass nor regress: no margin is wider than the threshold. */
function within(margins: Margins, threshold: number): Margins {
  return Object.fromEntries(
    metricCatalogue.map(({ key, margin }) => [key, Math.min(margins[key] ?? margin, threshold)]),
  );
}

/** Why a comparison gets no decision; null when it gets one. */
function noteOn(
  { candidate, baseline, workload, metric, verdict }: Comparison,
  trials: readonly Trial[],
  unjudged: readonly string[],
): string | null {
  if (unjudged.includes(candidate)) return 'not judged: emulated';
  if (verdict !== null) return null;
  if (metric !== 'latencyP99Ms') return 'not judged: no figures on both sides';
  const own = trials.filter(
    (trial) =>
      trial.workload === workload && (trial.environment === candidate || trial.environment === baseline),
  );
  const fewest = Math.min(...own.flatMap((trial) => latencyWindowOf(trial)?.requests ?? []));
  return `not judged: as few as ${counted(fewest, 'request')} in a trial, a p99 takes ${requestsForP99}`;
}

function metricOf(key: string) {
  return metricCatalogue.find((metric) => metric.key === key);
}

function directionOf(metric: string): Direction {
  return metricOf(metric)?.direction ?? 'lower';
}

/** The evidence for a decision about one metric. */
export type GateEvidence = Pick<Comparison, 'n' | 'ratio' | 'logRatioStdev' | 'verdict'> & {
  /** Interval of the ratio that decides. */
  readonly interval: Interval | null;
  /** That of all slices together, where the typical ones decide. */
  readonly whole?: Interval | undefined;
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
 * - regression: the verdict is worse: the whole interval lies beyond the margin, on the bad side.
 * - pass: the whole interval of the worsening lies below the threshold. Better is a pass too. Where typical slices decide, all
 *   slices together must bear it out, or an app that stalls now and then would pass.
 * - undecided: in between. `roundsMore` is the number of extra rounds that would decide, if ratio and spread stay.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function decideComparison(evidence: GateEvidence): Decided {
  const { interval, n, threshold, verdict } = evidence;
  if (verdict === 'worse') return { decision: 'regression', roundsMore: null };
  if (verdict === 'better') return { decision: 'pass', roundsMore: null };
  const most =
    interval === null ? Number.POSITIVE_INFINITY : Math.max(...interval.map(worseningOf(evidence)));
  const isBelow = most < Math.log1p(threshold) && (verdict === 'same' || isBorneOut(evidence));
  if (n >= fewestRounds && isBelow) return { decision: 'pass', roundsMore: null };
  return { decision: 'undecided', roundsMore: roundsMore(evidence) };
}

/** The middle of the whole lies below the threshold, and its worst bound below two, as `decideGuarded` has it for the same. */
function isBorneOut(evidence: GateEvidence): boolean {
  const { whole, threshold } = evidence;
  if (whole === undefined) return true;
  const [one, other] = [worseningOf(evidence)(whole[0]), worseningOf(evidence)(whole[1])];
  const edge = Math.log1p(threshold);
  return (one + other) / 2 < edge && Math.max(one, other) < 2 * edge;
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
      return `${what} answered with errors in ${own.length} of ${counted(rounds, 'round')} (${first})`;
    });
}
