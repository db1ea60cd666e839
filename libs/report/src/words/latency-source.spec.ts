import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { latencySource, latencySourceShort } from './latency-source.ts';

const closedIn = (run: RunFile, isClosed: (environment: string) => boolean): RunFile => ({
  ...run,
  trials: run.trials.map((trial) => (isClosed(trial.environment) ? { ...trial, open: null } : trial)),
});

test('the rate, what it is a share of, and who had another', () => {
  expect(latencySource(exampleRun(), 'primes')).toBe(
    'Latency is from the open loop at 3300 req/s (50 % of the throughput of the slowest, docker), counted from the planned time of sending; vagrant (emulated) at 660 req/s.',
  );
  expect(latencySourceShort(exampleRun(), 'primes')).toBe('open loop at 3300 req/s, some at another rate');
});

test('a closed loop only repeats the throughput', () => {
  const run = closedIn(exampleRun(), () => true);
  expect(latencySource(run, 'primes')).toMatch(/^Latency is from the closed loop, where it only repeats/);
  expect(latencySourceShort(run, 'primes')).toBe('closed loop');
});

test('one environment without an open loop is named', () => {
  const run = closedIn(exampleRun(), (environment) => environment === 'vagrant');
  expect(latencySource(run, 'primes')).toMatch(/; vagrant \(emulated\) from the closed loop\.$/);
});

test('a workload without figures has no source', () => {
  expect(latencySource(exampleRun(), 'none')).toBe('');
});
