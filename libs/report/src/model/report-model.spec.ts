import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway } from '../../fixtures/example-run.ts';
import { reportModel } from './report-model.ts';

test('the same run gives the same model', () => {
  expect(JSON.stringify(reportModel(exampleRun()))).toBe(JSON.stringify(reportModel(exampleRun())));
});

test('a warning of some metrics names them, and what is said of the errors alone is left out', () => {
  const run = exampleRun();
  const withWarnings = (of: (comparison: RunFile['comparisons'][number]) => string[]) =>
    reportModel({ ...run, comparisons: run.comparisons.map((c) => ({ ...c, warnings: of(c) })) }).warnings
      .all;
  expect(
    withWarnings((c) =>
      c.workload === 'primes' && c.candidate === 'docker' && c.metric.startsWith('cpuNet')
        ? ['2 rounds left out']
        : [],
    ),
  ).toEqual(['2 rounds left out (primes: docker in CPU net, CPU net per request)']);
  expect(withWarnings((c) => (c.metric === 'errors' ? ['counted'] : []))).toEqual([]);
});

test('warnings of what gets no verdict are told apart', () => {
  const { warnings } = reportModel(exampleRun());
  expect(warnings.all).toHaveLength(1);
  expect(warnings.judged).toEqual([]);
});

test('a load is described by time or by requests', () => {
  const run = exampleRun();
  expect(reportModel(run).load).toBe('closed loop, 8 connections, 2 s warm-up, then 5 s; open loop, 5 s');
  const load = { connections: 1, warmupMs: 500, durationMs: null, requests: 1000, openDurationMs: null };
  expect(reportModel({ ...run, config: { ...run.config, load } }).load).toBe(
    'closed loop, 1 connection, 0.5 s warm-up, then 1000 requests',
  );
});

test('a window that the first rounds chose is not taken for that of all', () => {
  const run = exampleRun();
  const diagnostics = [...run.diagnostics, { level: 'info' as const, code: 'window', message: 'chosen' }];
  const trials = run.trials.map((trial, place) => ({
    ...trial,
    load: { ...trial.load, durationMs: place === 0 ? 840 : 2090 },
    open: trial.open && { ...trial.open, durationMs: place === 0 ? 1600 : 3000 },
  }));
  expect(reportModel({ ...run, diagnostics, trials }).load).toContain(
    'then 0.8 to 2.1 s; open loop, 1.6 to 3 s',
  );
});

test('slices are told, and which workloads are sliced', () => {
  const run = exampleRun();
  const slicedIn = (names: readonly string[]) =>
    reportModel({
      ...run,
      config: { ...run.config, load: { ...run.config.load, sliceMs: 25 } },
      trials: run.trials.map((each) =>
        names.includes(each.workload) ? { ...each, load: { ...each.load, slices: 40 } } : each,
      ),
    }).load;
  const [first = '', ...others] = run.config.workloads.map(({ name }) => name);
  expect(slicedIn([])).toContain('then 5 s; open loop');
  expect(slicedIn([first])).toContain(`then 5 s in slices of 25 ms (${first}); open loop`);
  expect(slicedIn([first, ...others])).toContain('then 5 s in slices of 25 ms; open loop');
});

test('an environment that is said to be measured and has no figures is missing', () => {
  const run = exampleRun();
  const ghost = { name: 'ghost', kind: 'native', status: 'measured' as const, facts: {} };
  const { missing } = reportModel({ ...run, environments: [...run.environments, ghost] });
  expect(missing.map(({ name, reason }) => [name, reason]).at(-1)).toEqual([
    'ghost',
    'The run file has no trial of it.',
  ]);
});

test('an environment that failed midway is listed with its reason, and its comparisons are no verdicts', () => {
  const { missing, verdicts } = reportModel(failedMidway('docker', 3));
  expect(missing.find(({ name }) => name === 'docker')).toEqual({
    name: 'docker',
    status: 'failed',
    statusText: 'failed after 3 rounds',
    reason: 'docker: round 4: the app ended <b>with</b> code 137',
    remedy: undefined,
  });
  expect(verdicts.some(({ candidate }) => candidate === 'docker')).toBe(false);
  expect(reportModel(failedMidway('native', 3)).verdicts).toEqual([]);
});
