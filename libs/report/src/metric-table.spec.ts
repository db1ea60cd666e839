import { compare, noTestMade, summarise } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from './example-run.ts';
import { metricTables } from './metric-table.ts';

test('the baseline comes first, then the environments in the order of the run', () => {
  const run = exampleRun();
  const environments = run.environments.toReversed();
  const [table] = metricTables({ ...run, environments }, ['startupMs']);
  expect(table?.columns.map(({ environment }) => environment)).toEqual(['native', 'vagrant', 'docker']);
});

test('an environment that failed midway is shown as incomplete', () => {
  const run = exampleRun();
  const environments = run.environments.map((environment) =>
    environment.name === 'docker'
      ? { ...environment, status: 'failed' as const, reason: 'gone' }
      : environment,
  );
  const [table] = metricTables({ ...run, environments }, ['startupMs']);
  expect(table?.columns.map(({ title }) => title)).toContain('docker (incomplete)');
});

test('a metric that nobody has is left out', () => {
  const run = exampleRun();
  const { startupMs } = run.summary.primes?.native ?? {};
  if (startupMs === undefined) throw new Error('The example has no startup.');
  const [table] = metricTables({ ...run, summary: { primes: { native: { startupMs } } } }, [
    'startupMs',
    'errors',
  ]);
  expect(table?.rows.map(({ metric }) => metric.key)).toEqual(['startupMs']);
});

test('a ratio without a test behind it has no verdict', () => {
  const { trials, ...run } = exampleRun();
  const computed = { ...run, trials, summary: summarise(trials), comparisons: compare(trials, 'native') };
  const untested = computed.comparisons.map((c) => ({ ...c, warnings: [...c.warnings, noTestMade] }));
  const [table] = metricTables({ ...computed, comparisons: untested }, ['startupMs']);
  const docker = table?.rows[0]?.cells[1];
  expect(docker?.ratio).toMatch(/^×3\.4/);
  expect(docker?.verdict).toBeUndefined();
});
