import { requestsForP99, type Trial } from '@tare/results';
import { exampleTrial } from '@tare/runner/fixtures';
import { expect, it } from 'vitest';
import { baseNameOf } from './gate-plan.ts';
import {
  decideComparison,
  decideGate,
  faultsOf,
  judgeGate,
  openInGate,
  type GateEvidence,
  type GateFindings,
  type GateQuestion,
} from './judge-gate.ts';

/** Twelve rounds of both sides in some environments; head's throughput is the base's times the factor, with some spread. */
function trials(factors: Readonly<Record<string, number>>, requests = requestsForP99): Trial[] {
  return Object.entries(factors).flatMap(([environment, factor]) =>
    Array.from({ length: 12 }, (_, index) => index + 1).flatMap((round) => {
      const throughputRps = 1000 * (1 + 0.01 * (round % 3));
      return [
        exampleTrial({ environment: baseNameOf(environment), round, throughputRps }),
        exampleTrial({
          environment,
          round,
          throughputRps: throughputRps * factor * (1 + 0.002 * (round % 2)),
        }),
      ].map((trial) => ({ ...trial, load: { ...trial.load, requests } }));
    }),
  );
}
const question: GateQuestion = {
  environments: ['native'],
  unjudged: [],
  threshold: 0.1,
  margins: {},
  looks: undefined,
};

it('finds the metric that is worse, and passes the others', () => {
  const found = judgeGate({ trials: trials({ native: 0.9 }), seed: 1 }, question);
  expect(found.filter(({ decision }) => decision !== 'pass')).toMatchObject([
    {
      workload: 'primes',
      environment: 'native',
      metric: 'throughputRps',
      n: 12,
      decision: 'regression',
      note: null,
    },
  ]);
  expect(found.map(({ metric }) => metric)).not.toContain('latencyMeanMs');
});

it('passes what is faster', () => {
  const found = judgeGate({ trials: trials({ native: 1.5 }), seed: 1 }, question);
  expect(new Set(found.map(({ decision }) => decision))).toEqual(new Set(['pass']));
});

it('gives of gross memory what decides: the tare, not what the app happens to use', () => {
  const both = trials({ native: 1 }).map((trial) => {
    const ownMiB = trial.environment === 'native' ? 20.2 + 1.5 * ((trial.round % 3) - 1) : 20;
    const use = { meanMiB: ownMiB, peakMiB: ownMiB };
    return { ...trial, memory: { net: use, gross: use } };
  });
  const found = judgeGate({ trials: both, seed: 1 }, question);
  const [net, gross] = ['memoryNetMiB', 'memoryGrossMiB'].map((key) =>
    found.find(({ metric }) => metric === key),
  );
  expect(net?.ratio).toBeGreaterThan(1.005);
  expect(gross).toMatchObject({ ratio: 1, ci95: [1, 1], decision: 'pass' });
});

it('compares every environment with its own base', () => {
  const run = { trials: trials({ native: 0.9, docker: 1 }), seed: 1 };
  const found = judgeGate(run, { ...question, environments: ['native', 'docker'] });
  expect(found.filter(({ decision }) => decision === 'regression')).toMatchObject([
    { environment: 'native' },
  ]);
});

it('decides nothing about a p99 of a few requests, nor in an emulated environment', () => {
  const few = judgeGate({ trials: trials({ native: 1 }, 300), seed: 1 }, question);
  expect(few.find(({ metric }) => metric === 'latencyP99Ms')).toMatchObject({
    decision: null,
    note: 'not judged: as few as 300 requests in a trial, a p99 takes 1000',
  });
  const emulated = judgeGate(
    { trials: trials({ native: 0.5 }), seed: 1 },
    { ...question, unjudged: ['native'] },
  );
  expect(emulated.every(({ decision, note }) => decision === null && note === 'not judged: emulated')).toBe(
    true,
  );
});

const looks = { mostRounds: 20, rounds: [6, 8, 10, 12] };
const openOf = (factors: Readonly<Record<string, number>>, change: Partial<GateQuestion> = {}) =>
  openInGate(
    { trials: trials(factors), seed: 1 },
    { ...question, environments: Object.keys(factors), looks, ...change },
  );

it('leaves nothing open where all pass, nor once something has regressed', () => {
  expect(openOf({ native: 1 })).toMatchObject({ open: [], candidates: [] });
  // what lies between margin and threshold passes without being the same
  expect(openOf({ native: 0.98 })).toMatchObject({ open: [] });
  expect(openOf({ native: 0.9, docker: 0.98 }, { threshold: 0.02 })).toMatchObject({ open: [] });
});

it('goes on with both sides of what is open, each against its own base', () => {
  const { judged, open, candidates } = openOf({ native: 1, docker: 0.98 }, { threshold: 0.0195 });
  expect(open.map(({ candidate, metric }) => `${metric} ${candidate}`)).toEqual(['throughputRps docker']);
  expect(candidates).toEqual(['docker', baseNameOf('docker')]);
  expect(new Set(judged.map(({ candidate }) => candidate))).toEqual(new Set(['native', 'docker']));
});

it.each(['docker', baseNameOf('docker')])('waits for no pair of which %s gets no verdict', (name) => {
  const { judged, open } = openOf({ native: 1, docker: 0.98 }, { threshold: 0.0195, unjudged: [name] });
  expect(open).toEqual([]);
  expect(new Set(judged.map(({ candidate }) => candidate))).toEqual(new Set(['native']));
});

it('takes no margin that is wider than the threshold', () => {
  const found = judgeGate({ trials: trials({ native: 1 }), seed: 1 }, { ...question, threshold: 0.03 });
  expect(found.find(({ metric }) => metric === 'latencyP50Ms')?.margin).toBe(0.03);
  expect(found.find(({ metric }) => metric === 'throughputRps')?.margin).toBe(0.02);
});

/** A comparison of 30 rounds with a margin of 2 % and a threshold of 10 %. */
const evidence = (given: Partial<GateEvidence>): GateEvidence => ({
  n: 30,
  ratio: 1,
  interval: [0.99, 1.01],
  verdict: 'same',
  logRatioStdev: 0.03,
  margin: 0.02,
  threshold: 0.1,
  direction: 'lower',
  ...given,
});
const around = (
  ratio: number,
  half: number,
  verdict: GateEvidence['verdict'] = 'undecided',
): Partial<GateEvidence> => ({ ratio, interval: [ratio - half, ratio + half], verdict });

it.each([
  ['the same', around(1, 0.01, 'same'), 'pass'],
  ['better', around(0.8, 0.01, 'better'), 'pass'],
  ['worse', around(1.2, 0.05, 'worse'), 'regression'],
  ['worse by less than the threshold', around(1.05, 0.01, 'worse'), 'regression'],
  ['worse, but within the margin', around(1.01, 0.005, 'same'), 'pass'],
  ['perhaps worse by the threshold', around(1.03, 0.08), 'undecided'],
  ['perhaps worse by less than the threshold', around(1.03, 0.05), 'pass'],
  ['without an interval', { interval: null, verdict: 'undecided' }, 'undecided'],
  [
    'without a figure',
    { ratio: null, interval: null, verdict: 'undecided', logRatioStdev: null },
    'undecided',
  ],
  ['of fewer than 6 rounds', { ...around(1, 0.001), n: 5 }, 'undecided'],
] as const)('decides about a metric: %s', (_, given, decision) => {
  expect(decideComparison(evidence(given)).decision).toBe(decision);
});

it('passes no typical slices that all slices together do not bear out', () => {
  const typical = around(1, 0.02);
  expect(decideComparison(evidence({ ...typical, whole: [0.97, 1.08] })).decision).toBe('pass');
  expect(decideComparison(evidence({ ...typical, whole: [1.09, 1.15] })).decision).toBe('undecided');
  expect(decideComparison(evidence({ ...typical, whole: [0.9, 1.25] })).decision).toBe('undecided');
});

it('takes less throughput for worse, and as bad as the same factor of time', () => {
  // 1 / 1.1 is 0.909: the edge of the threshold
  const edge = (low: number) =>
    decideComparison(evidence({ ...around(0.95, 0), interval: [low, 1], direction: 'higher' }));
  expect(edge(0.91).decision).toBe('pass');
  expect(edge(0.908).decision).toBe('undecided');
});

it('says how many rounds more would tell, the more the wider the spread', () => {
  const [narrow, wide] = [0.1, 0.2].map((logRatioStdev) =>
    decideComparison(evidence({ ...around(1.03, 0.1), n: 10, logRatioStdev })),
  );
  expect(narrow?.roundsMore).toBeGreaterThan(0);
  expect(wide?.roundsMore).toBeGreaterThan(narrow?.roundsMore ?? Infinity);
});

it('says when no number of rounds in reach would tell', () => {
  expect(decideComparison(evidence({ ...around(1.1, 2), logRatioStdev: 9 })).roundsMore).toBeNull();
});

const measured: GateFindings = {
  comparisons: [{ decision: 'pass' }],
  workloads: [{ workload: 'primes', status: 'measured' }],
  environments: [{ environment: 'native', status: 'measured' }],
  faults: [],
};
const decisions = (...given: GateFindings['comparisons'][number]['decision'][]) =>
  given.map((decision) => ({ decision }));
const missing = { environment: 'docker', status: 'not-measured', reason: 'no socket' } as const;
const sameBytes = { workload: 'primes', status: 'same-bytes', sha256: 'a' } as const;
const alone = { workload: 'new', status: 'not-compared', reason: 'the base does not have it' } as const;

it.each<[string, Partial<GateFindings>, string]>([
  ['all metrics pass', { comparisons: decisions('pass', 'pass') }, 'pass'],
  ['one is undecided', { comparisons: decisions('pass', 'undecided') }, 'undecided'],
  ['one is a regression', { comparisons: decisions('undecided', 'regression') }, 'regression'],
  [
    'one is a regression and an environment is missing',
    { comparisons: decisions('regression'), environments: [missing] },
    'regression',
  ],
  ['an environment is missing', { environments: [missing] }, 'invalid'],
  ['a fault beside a regression', { comparisons: decisions('regression'), faults: ['errors'] }, 'invalid'],
  ['nothing is judged', { comparisons: decisions(null) }, 'invalid'],
  ['nothing was compared', { comparisons: [] }, 'invalid'],
  ['the bytes are the same', { comparisons: [], workloads: [sameBytes] }, 'pass'],
  ['the bytes are the same and one is new', { comparisons: [], workloads: [sameBytes, alone] }, 'pass'],
  ['all workloads are new', { comparisons: [], workloads: [alone] }, 'invalid'],
])('decides about a gate: %s', (_, given, decision) => {
  expect(decideGate({ ...measured, ...given }).decision).toBe(decision);
});

it('says what was not measured, and why', () => {
  expect(decideGate({ ...measured, environments: [missing] }).problem).toBe(
    'docker was not measured: no socket',
  );
});

it('takes errors in more than a tenth of the rounds for a fault', () => {
  const violation = { guard: 'errors', value: 9, limit: 0.1, message: '9 % errors, at most 0.1 %' } as const;
  const faulty = { ...exampleTrial({ environment: 'native', round: 1 }), violations: [violation] };
  expect(faultsOf([faulty], 10)).toEqual([]);
  expect(faultsOf([faulty, { ...faulty, round: 2 }], 10)).toEqual([
    'primes in native answered with errors in 2 of 10 rounds (9 % errors, at most 0.1 %)',
  ]);
});
