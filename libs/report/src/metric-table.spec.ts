import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { metricTables } from './metric-table.ts';

test('the baseline comes first, then the environments in the order of the run', () => {
  const run = exampleRun();
  const environments = run.environments.toReversed();
  const [table] = metricTables({ ...run, environments }, ['startupMs']);
  expect(table?.columns.map(({ environment }) => environment)).toEqual([
    'native',
    'vagrant',
    'docker',
    'namespace',
  ]);
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

test('the twin is no column', () => {
  const [table] = metricTables(exampleRun(), ['startupMs']);
  expect(table?.columns.map(({ environment }) => environment)).not.toContain('native:twin');
});

test('a metric that repeats another, and an emulated environment, have a ratio and no verdict', () => {
  const [table] = metricTables(exampleRun(), ['throughputRps', 'latencyMeanMs']);
  const cell = (row: number, column: number) => table?.rows[row]?.cells[column];
  expect([cell(0, 2)?.verdict, cell(1, 2)?.verdict, cell(0, 3)?.verdict]).toEqual([
    'worse',
    undefined,
    undefined,
  ]);
  expect(cell(1, 2)?.ratio).toMatch(/^×1\.16/);
});
