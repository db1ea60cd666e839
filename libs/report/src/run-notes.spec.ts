import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { comparisonWarnings, counted, dateText, loadText, missingEnvironments } from './run-notes.ts';

test('a warning of some metrics names them', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((c) =>
    c.workload === 'primes' && c.candidate === 'docker' && c.metric.startsWith('cpuNet')
      ? { ...c, warnings: ['2 rounds left out'] }
      : { ...c, warnings: [] },
  );
  expect(comparisonWarnings({ ...run, comparisons })).toEqual([
    '2 rounds left out (primes: docker in CPU net, CPU net per request)',
  ]);
});

test('what is said of the errors alone is left out', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((c) =>
    c.metric === 'errors' ? { ...c, warnings: ['counted'] } : { ...c, warnings: [] },
  );
  expect(comparisonWarnings({ ...run, comparisons })).toEqual([]);
});

test('a load is told by time or by requests', () => {
  const run = exampleRun();
  expect(loadText(run)).toBe('closed loop, 8 connections, 2 s warm-up, then 5 s; open loop, 5 s');
  const load = { connections: 1, warmupMs: 500, durationMs: null, requests: 1000, openDurationMs: null };
  expect(loadText({ ...run, config: { ...run.config, load } })).toBe(
    'closed loop, 1 connection, 0.5 s warm-up, then 1000 requests',
  );
});

test('turns are told, and which workloads take them', () => {
  const run = exampleRun();
  const withTurns = (names: readonly string[]) => ({
    ...run,
    config: { ...run.config, load: { ...run.config.load, turnMs: 25 } },
    trials: run.trials.map((each) =>
      names.includes(each.workload) ? { ...each, load: { ...each.load, turns: 40 } } : each,
    ),
  });
  const [first = '', ...others] = run.config.workloads.map(({ name }) => name);
  expect(loadText(withTurns([]))).toContain('then 5 s; open loop');
  expect(loadText(withTurns([first]))).toContain(`then 5 s in turns of 25 ms (${first}); open loop`);
  expect(loadText(withTurns([first, ...others]))).toContain('then 5 s in turns of 25 ms; open loop');
});

test('dates are in UTC and counts agree with their noun', () => {
  expect(dateText('2026-03-01T10:00:59.999Z')).toBe('2026-03-01 10:00 UTC');
  expect([counted(1, 'round'), counted(2, 'round')]).toEqual(['1 round', '2 rounds']);
});

test('an environment that is said to be measured and has no figures is missing', () => {
  const run = exampleRun();
  const ghost = { name: 'ghost', kind: 'native', status: 'measured' as const, facts: {} };
  const missing = missingEnvironments({ ...run, environments: [...run.environments, ghost] });
  expect(missing.map(({ name, reason }) => [name, reason]).at(-1)).toEqual([
    'ghost',
    'The run file has no trial of it.',
  ]);
});

test('warnings of what gets no verdict can be left out', () => {
  expect(comparisonWarnings(exampleRun())).toHaveLength(2);
  expect(comparisonWarnings(exampleRun(), { onlyJudged: true })).toEqual([]);
});
