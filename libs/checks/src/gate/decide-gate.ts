import type { GateComparison, GateDecision, GateEnvironment, GateWorkload, Trial } from '@tare/results';

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
