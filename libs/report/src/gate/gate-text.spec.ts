import { expect, it } from 'vitest';
import { exampleGate, exampleGateComparison } from '../../fixtures/example-gate.ts';
import { gateText } from './gate-text.ts';

it('has a line per metric, what was not measured, and the outcome last', () => {
  expect(gateText(exampleGate())).toBe(
    [
      'primes in native  throughput   −9.8 % [−11.2, −8.3]  regression',
      'primes in native  startup      0.0 % [−1.0, +1.2]    pass',
      'primes in native  latency p95  −3.0 % [−10.6, +5.2]  undecided: 14 rounds more would tell',
      'primes in native  latency p99  −3.0 % [−10.6, +5.2]  not judged: as few as 300 requests in a trial, a p99 takes 1000',
      'grocery:view: same bytes on both sides (sha256 abcdef012345): pass without measuring',
      'new: the base does not have it',
      'warning: in 2 of 30 rounds something disturbed a trial, and it could not be repeated',
      'Regression: throughput of primes in native.',
      '',
    ].join('\n'),
  );
});

it.each([
  [{ decision: 'pass' }, 'Pass: nothing is worse by 10 % or more.'],
  [
    { decision: 'pass', workloads: [{ workload: 'primes', status: 'same-bytes', sha256: 'a' }] },
    'Pass: both sides run the same bytes.',
  ],
  [{ decision: 'undecided' }, 'Undecided: latency p95 of primes in native may be worse by 10 % or more.'],
  [{ decision: 'invalid', problem: 'the base does not build' }, 'Not measured: the base does not build.'],
] as const)('ends with the outcome of %j', (given, outcome) => {
  expect(gateText(exampleGate(given)).trimEnd().split('\n').at(-1)).toBe(outcome);
});

it('says when no number of rounds would tell, and when there is no figure', () => {
  const comparisons = [exampleGateComparison({ ratio: null, ci95: null, roundsMore: null })];
  expect(gateText(exampleGate({ comparisons }))).toContain(
    'throughput  no figure  undecided: no number of rounds in reach would tell\n',
  );
});
