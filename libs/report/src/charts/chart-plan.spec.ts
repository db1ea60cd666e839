import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { planCharts } from './chart-plan.ts';

test('each workload has six pictures with names of their own', () => {
  expect(planCharts(exampleRun()).map(({ fileName }) => fileName)).toEqual(
    ['primes', 'grocery'].flatMap((workload) =>
      ['startup', 'throughput', 'latency-mean', 'latency-p95', 'cpu', 'memory'].map(
        (g) => `${workload}-${g}.svg`,
      ),
    ),
  );
});

test('memory is split into net and tare, which together are gross', () => {
  const run = exampleRun();
  const docker = planCharts(run).find(({ fileName }) => fileName === 'primes-memory.svg')?.bars[2];
  const [net, tare] = docker?.pieces ?? [];
  expect(net?.value).toBeCloseTo(run.summary.primes?.docker?.memoryNetMiB?.mean ?? NaN);
  expect((net?.value ?? NaN) + (tare?.value ?? NaN)).toBeCloseTo(
    run.summary.primes?.docker?.memoryGrossMiB?.mean ?? NaN,
  );
});

test('names of workloads cannot leave the folder or meet each other', () => {
  const run = exampleRun();
  const summary = { '../a b': run.summary.primes ?? {}, 'a/b': run.summary.grocery ?? {} };
  const names = planCharts({ ...run, summary }).map(({ fileName }) => fileName);
  expect([names[0], names[6]]).toEqual(['a-b-startup.svg', 'a-b-2-startup.svg']);
});

test('a figure that nobody has gives no picture', () => {
  const run = exampleRun();
  const { startupMs } = run.summary.primes?.native ?? {};
  if (startupMs === undefined) throw new Error('The example has no startup.');
  const plans = planCharts({ ...run, summary: { primes: { native: { startupMs } } } });
  expect(plans.map(({ fileName }) => fileName)).toEqual(['primes-startup.svg']);
});

test('a picture of latencies says which loop they are from', () => {
  const plan = planCharts(exampleRun()).find(({ fileName }) => fileName === 'primes-latency-p95.svg');
  expect(plan?.subtitle).toMatch(/\nlatency: open loop at 3300 req\/s, some at another rate\n/);
});

test('an emulated bar that would flatten the others is said to be cut, and keeps its figure', () => {
  const plan = planCharts(exampleRun()).find(({ fileName }) => fileName === 'primes-startup.svg');
  expect(plan?.subtitle).toMatch(/\npale: on an emulated processor, not judged; cut: goes beyond the axis$/);
  expect(plan?.bars.map(({ emulated }) => emulated)).toEqual([false, false, false, true]);
  expect(plan?.bars[3]?.valueText).toMatch(/^10744 ± \d+\nbeyond the axis$/);
});

test('the twin has no bar', () => {
  const labels = planCharts(exampleRun()).flatMap(({ bars }) => bars.map(({ label }) => label));
  expect(labels.filter((label) => label.includes('twin'))).toEqual([]);
});
