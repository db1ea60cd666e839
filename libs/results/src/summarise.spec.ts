import { expect, test } from 'vitest';
import { exampleTrial } from '../fixtures/example-run.ts';
import { metricCatalogue } from './metric-catalogue.ts';
import { summarise } from './summarise.ts';

test('describes each metric by workload and environment', () => {
  const summary = summarise([
    exampleTrial('native', 1, { readyMs: 80 }),
    exampleTrial('native', 2, { readyMs: 90 }),
    exampleTrial('docker', 1, { readyMs: 300 }),
    exampleTrial('native', 1, { workload: 'grocery', readyMs: 70 }),
  ]);
  expect(summary.primes?.native?.startupMs).toMatchObject({
    n: 2,
    mean: 85,
    median: 85,
    min: 80,
    max: 90,
  });
  expect(summary.primes?.docker?.startupMs).toMatchObject({
    n: 1,
    mean: 300,
    stdev: null,
    ci95: null,
  });
  expect(summary.grocery?.native?.startupMs?.mean).toBe(70);
});

test('has every metric of the catalogue that a trial has a figure for', () => {
  const trial = exampleTrial('native', 1);
  const native = summarise([trial]).primes?.native ?? {};
  const figures = metricCatalogue.filter(({ of }) => of(trial) !== null).map(({ key }) => key);
  expect(figures).toContain('throughputRps');
  // it was not restarted
  expect(figures).not.toContain('restartMs');
  expect(Object.keys(native)).toEqual(figures);
});

test('never mixes a restart with a cold start', () => {
  const cold = exampleTrial('vagrant', 1, { readyMs: 30_000 });
  const second = exampleTrial('vagrant', 2, { readyMs: 400 });
  const restart = { ...second, startup: second.startup && { ...second.startup, kind: 'restart' as const } };
  const { startupMs, restartMs } = summarise([cold, restart]).primes?.vagrant ?? {};
  expect([startupMs?.n, startupMs?.mean]).toEqual([1, 30_000]);
  expect([restartMs?.n, restartMs?.mean]).toEqual([1, 400]);
});

test('takes startup from the burst of a trial and its own start, by their geometric mean, and from that alone without one', () => {
  const alone = exampleTrial('native', 1, { readyMs: 80 });
  const burst = { ...alone, startup: alone.startup && { ...alone.startup, starts: [40, 160, 320] } };
  expect(summarise([burst]).primes?.native?.startupMs?.mean).toBeCloseTo(80 * 2 ** 0.5, 9);
  expect(summarise([alone]).primes?.native?.startupMs?.mean).toBe(80);
});

test('leaves out a metric that no trial has a figure for', () => {
  const trials = [exampleTrial('native', 1, { cpuMs: null }), exampleTrial('native', 2, { cpuMs: null })];
  expect(summarise(trials).primes?.native).not.toHaveProperty('cpuNetMsPerRequest');
});

test('counts only the trials that have a figure', () => {
  const trials = [exampleTrial('native', 1, { cpuMs: null }), exampleTrial('native', 2, { cpuMs: 2 })];
  expect(summarise(trials).primes?.native?.cpuNetMsPerRequest).toMatchObject({ n: 1, mean: 2 });
});

test('is the same whatever the order within the rounds was', () => {
  const trials = [exampleTrial('native', 1), exampleTrial('docker', 1)];
  expect(JSON.stringify(summarise(trials.toReversed()))).toBe(JSON.stringify(summarise(trials)));
});

test('is empty without trials', () => {
  expect(summarise([])).toEqual({});
});
