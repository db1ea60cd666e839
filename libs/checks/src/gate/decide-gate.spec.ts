import { expect, it } from 'vitest';
import { exampleTrial } from '@tare/runner/trial-for-tests';
import { decideGate, faultsOf, type GateFindings } from './decide-gate.ts';

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
])('%s', (_, given, decision) => {
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
