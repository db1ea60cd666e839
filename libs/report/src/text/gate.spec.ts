import { expect, it } from 'vitest';
import { exampleGate, exampleGateComparison } from '../../fixtures/example-gate.ts';
import { gateJunit, gateMarkdown, gateText } from './gate.ts';

it('is a Markdown table with the outcome above and the commits below', () => {
  const text = gateMarkdown(exampleGate());
  expect(text).toContain('**Regression: throughput of primes in native (−11.2 to −8.3 %).**');
  expect(text).toContain('| primes in native | throughput | −9.8 % \\[−11.2, −8.3\\] | **regression** |');
  expect(text).toContain('- Base: origin/main (1a2b3c4 "Add a \\<cache\\> \\| fast")');
  expect(text).toContain('- Head: HEAD (ffeeddc "Sieve more", with uncommitted changes)');
});

it('has neither table nor run when nothing was measured', () => {
  const text = gateMarkdown(
    exampleGate({ decision: 'invalid', problem: 'no commit', base: null, comparisons: [], run: null }),
  );
  expect(text).toContain('**Not measured: no commit.**');
  expect(text).not.toMatch(/\| Workload|Run|null|undefined/);
});

it('is JUnit XML in which a regression fails and what is undecided is skipped', () => {
  const text = gateJunit(exampleGate());
  expect(text).toContain('<testsuites name="tare" tests="5" failures="1" errors="0" skipped="2">');
  expect(text).toContain('<failure message="−9.8 % [−11.2, −8.3]: regression"/>');
  expect(text).toContain('<testcase classname="grocery:view" name="same bytes on both sides"/>');
  expect(text).toContain('<property name="base" value="1a2b3c4d5e"/>');
});

it('is an error in JUnit XML when there is no decision', () => {
  const problem = '--base="x" < y';
  const text = gateJunit(exampleGate({ decision: 'invalid', problem, comparisons: [], workloads: [] }));
  expect(text).toContain('tests="1" failures="0" errors="1" skipped="0"');
  expect(text).toContain('<error message="Not measured: --base=&quot;x&quot; &lt; y."/>');
});

it('gives the same bytes for the same result', () => {
  const both = () => gateMarkdown(exampleGate()) + gateJunit(exampleGate());
  expect(both()).toBe(both());
});

it('has a line per metric, what was not measured, and the outcome last', () => {
  expect(gateText(exampleGate())).toBe(
    [
      'primes in native  throughput   −9.8 % [−11.2, −8.3]  regression',
      'primes in native  startup      0.0 % [−1.0, +1.2]    pass',
      'primes in native  latency p95  −3.0 % [−10.6, +5.2]  not decided within 10 %: about 3 minutes more would tell',
      'primes in native  latency p99  −3.0 % [−10.6, +5.2]  not judged: as few as 300 requests in a trial, a p99 takes 1000',
      'grocery:view: same bytes on both sides (sha256 abcdef012345): pass without measuring',
      'new: the base does not have it',
      'warning: in 2 of 30 rounds something disturbed a trial, and it could not be repeated',
      'Regression: throughput of primes in native (−11.2 to −8.3 %).',
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
  [
    { decision: 'undecided' },
    'Undecided: latency p95 of primes in native (−10.6 to +5.2 %) may be worse by 10 % or more.',
  ],
  [{ decision: 'invalid', problem: 'the base does not build' }, 'Not measured: the base does not build.'],
] as const)('ends with the outcome of %j', (given, outcome) => {
  expect(gateText(exampleGate(given)).trimEnd().split('\n').at(-1)).toBe(outcome);
});

it('gives the figures of what is worse, though it passes, in every form', () => {
  const comparisons = [
    exampleGateComparison({ ratio: 0.98, ci95: [0.969, 0.992], decision: 'pass', roundsMore: null }),
    exampleGateComparison({ metric: 'startupMs', ratio: 0.98, ci95: [0.97, 0.99], decision: 'pass' }),
  ];
  const gate = exampleGate({ decision: 'pass', exitCode: 0, comparisons });
  expect(gateText(gate)).toContain('throughput  −2.0 % [−3.1, −0.8]  pass, but 0.8 to 3.1 % lower\n');
  expect(gateText(gate)).toContain('startup     −2.0 % [−3.0, −1.0]  pass\n');
  expect(gateMarkdown(gate)).toContain(
    '**Pass: nothing is worse by 10 % or more; throughput of primes in native is 0.8 to 3.1 % lower.**',
  );
  expect(gateJunit(gate)).toContain(
    '<system-out>−2.0 % [−3.1, −0.8]: pass, but 0.8 to 3.1 % lower</system-out>',
  );
});

it('says nothing of more time where no number of rounds would tell or it takes over an hour', () => {
  const comparisons = [exampleGateComparison({ ratio: null, ci95: null, roundsMore: null })];
  expect(gateText(exampleGate({ comparisons }))).toContain(
    'throughput  no figure  not decided within 10 % by 30 rounds\n',
  );
  const long = [exampleGateComparison({ roundsMore: 361 })];
  expect(gateText(exampleGate({ comparisons: long }))).toContain('not decided within 10 %\n');
});
