import type { RunFile, Verdict } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { twinLine } from './twin-words.ts';

/** The example of one workload, with a verdict of the twin in startup. */
function runWith(verdict: Verdict): RunFile {
  const run = exampleRun();
  const comparisons = run.comparisons
    .filter(({ workload }) => workload === 'primes')
    .map((c) => (c.candidate === run.config.twin && c.metric === 'startupMs' ? { ...c, verdict } : c));
  return { ...run, comparisons };
}

test('a twin that is the same counts its metrics', () => {
  expect(twinLine(runWith('undecided'))).toEqual({
    level: 'info',
    text: 'Twin of native: same in 8 of 9 metrics, undecided in 1, no false difference.',
  });
});

test('over several workloads comparisons are counted', () => {
  expect(twinLine(exampleRun())?.text).toMatch(/^Twin of native: same in \d+ of 18 comparisons/);
  expect(twinLine(exampleRun(4))?.text).toBe(
    'Twin of native: undecided in 18 of 18 comparisons, no false difference.',
  );
});

test.each(['better', 'worse'] as const)('a twin that is %s is a warning', (verdict) => {
  const line = twinLine(runWith(verdict));
  expect(line?.level).toBe('warning');
  expect(line?.text).toMatch(
    /^Twin of native: same in 8 of 9 metrics, a difference in startup \(\d.*\), where there is none\. Chance /,
  );
});

test('a run without a twin has no line, and a twin without a figure a warning', () => {
  const run = exampleRun();
  expect(twinLine({ ...run, config: { ...run.config, twin: null } })).toBeNull();
  expect(twinLine({ ...run, comparisons: [] })).toEqual({
    level: 'warning',
    text: 'Twin of native: no figure could be compared.',
  });
});
