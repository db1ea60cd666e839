import { expect, it } from 'vitest';
import { exampleGate } from '../../fixtures/example-gate.ts';
import { gateJunit } from './gate-junit.ts';
import { gateMarkdown } from './gate-markdown.ts';

it('is a Markdown table with the outcome above and the commits below', () => {
  const text = gateMarkdown(exampleGate());
  expect(text).toContain('**Regression: throughput of primes in native.**');
  expect(text).toContain('| primes in native | throughput | −9.8 % \\[−11.2, −8.3\\] | **regression** |');
  expect(text).toContain('- Base: origin/main (1a2b3c4 "Add a \\<cache\\> \\| fast")');
  expect(text).toContain('- Head: HEAD (ffeeddc "Sieve more", with changes that are not committed)');
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
