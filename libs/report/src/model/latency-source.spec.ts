import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from './report-model.ts';

const closedIn = (run: RunFile, isClosed: (environment: string) => boolean): RunFile => ({
  ...run,
  trials: run.trials.map((trial) => (isClosed(trial.environment) ? { ...trial, open: null } : trial)),
});
const ofPrimes = (run: RunFile) => reportModel(run).workloads[0]?.latency;

test('the rate, what it is a share of, and who had another', () => {
  expect(ofPrimes(exampleRun())).toEqual({
    text: 'Latency is from the open loop at 3300 req/s (50 % of what docker, the slowest, can serve), measured from the planned time of sending; vagrant (emulated) at 660 req/s.',
    short: 'open loop at 3300 req/s, some at another rate',
  });
});

test('a closed loop says nothing beyond throughput', () => {
  const source = ofPrimes(closedIn(exampleRun(), () => true));
  expect(source?.text).toMatch(/^Latency is from the closed loop, where requests wait for each other/);
  expect(source?.short).toBe('closed loop');
});

test('one environment without an open loop is named', () => {
  const run = closedIn(exampleRun(), (environment) => environment === 'vagrant');
  expect(ofPrimes(run)?.text).toMatch(/; vagrant \(emulated\) from the closed loop\.$/);
});
