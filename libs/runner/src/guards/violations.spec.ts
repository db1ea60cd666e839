import type { Guard, Trial } from '@tare/results';
import { expect, it } from 'vitest';
import { defaultGuards, type GuardedTrial, violationsOf } from './violations.ts';

const latencyMs = { mean: 8, p50: 8, p90: 9, p95: 9, p99: 10, max: 12 };
const clean = {
  load: {
    mode: 'closed',
    connections: 8,
    durationMs: 3000,
    requests: 6000,
    errors: 0,
    timeouts: 0,
    throughputRps: 2000,
    latencyMs,
    histogram: '',
    generator: { name: 'autocannon', cpuPercent: 80 },
  },
  open: {
    mode: 'open',
    rateRps: 1000,
    durationMs: 4000,
    planned: 4000,
    requests: 4000,
    errors: 0,
    timeouts: 0,
    lateSends: 40,
    maxLateMs: 3,
    latencyMs,
    histogram: '',
    generator: { name: 'tare', cpuPercent: 80 },
  },
  host: { foreignCpus: 0.15, stealPercent: 2, throttledMs: 0, clockMHz: [3000, 2850] },
} satisfies GuardedTrial;

const withHost = (host: Partial<Trial['host']>): GuardedTrial => ({
  ...clean,
  host: { ...clean.host, ...host },
});
const withLoad = (load: Partial<Trial['load']>): GuardedTrial => ({
  ...clean,
  load: { ...clean.load, ...load },
});
const withOpen = (open: Partial<NonNullable<Trial['open']>>): GuardedTrial => ({
  ...clean,
  open: { ...clean.open, ...open },
});
const found = (trial: GuardedTrial, generatorCpus = 1): readonly Guard[] =>
  violationsOf(trial, defaultGuards, generatorCpus).map(({ guard }) => guard);

it('lets a trial pass that is exactly at every limit', () => {
  expect(found(clean)).toEqual([]);
});

it.each([
  [
    withHost({ foreignCpus: 0.4213 }),
    'foreign-cpu',
    'other processes used 0.421 CPUs, at most 0.15 is allowed',
  ],
  [
    withHost({ stealPercent: 3.5 }),
    'steal',
    'the hypervisor took 3.5 % of the CPUs’ time, at most 2 % is allowed',
  ],
  [
    withHost({ throttledMs: 12 }),
    'throttled',
    'a CPU quota stopped the instance for 12 ms, at most 0 ms is allowed',
  ],
  [
    withHost({ clockMHz: [3000, 2700] }),
    'clock',
    'the server’s CPUs went from 3000 to 2700 MHz, a change of 10 %, at most 5 % is allowed',
  ],
  [
    withLoad({ generator: { name: 'autocannon', cpuPercent: 97 } }),
    'generator-cpu',
    'the load generator used 97 % of a CPU in the closed loop, at most 80 % is allowed',
  ],
  [
    withOpen({ generator: { name: 'tare', cpuPercent: 91 } }),
    'generator-cpu',
    'the load generator used 91 % of a CPU in the open loop, at most 80 % is allowed',
  ],
  [
    withOpen({ lateSends: 400 }),
    'late-sends',
    '400 of 4000 requests (10 %) were sent more than 1 ms late, at most 1 % is allowed',
  ],
  [
    withLoad({ errors: 10, timeouts: 5, requests: 5985 }),
    'errors',
    '15 of 10000 requests (0.15 %) failed or timed out, at most 0.1 % is allowed',
  ],
] as const)('tells what is above a limit, with the figures: %#', (trial, guard, message) => {
  const violations = violationsOf(trial, defaultGuards, 1);
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatchObject({ guard, message });
  expect(violations[0]?.value).toBeGreaterThan(violations[0]?.limit ?? Number.NaN);
});

it('does not round a small excess down to the limit', () => {
  const [violation] = violationsOf(withHost({ stealPercent: 2.00012 }), defaultGuards, 1);
  expect(violation?.message).toMatch(/^the hypervisor took 2\.0001 % /);
});

it('adds the errors of both windows', () => {
  const both: GuardedTrial = {
    ...withLoad({ errors: 6, requests: 5994 }),
    open: { ...clean.open, timeouts: 6, requests: 3994 },
  };
  expect(violationsOf(both, defaultGuards, 1)).toMatchObject([{ guard: 'errors', value: 0.12 }]);
});

it('takes a trial without any reply for one that failed altogether', () => {
  const dead: GuardedTrial = { ...withLoad({ requests: 0 }), open: null };
  expect(violationsOf(dead, defaultGuards, 1)).toMatchObject([
    { guard: 'errors', value: 100, message: 'no request came to an end, at most 0.1 % is allowed' },
  ]);
});

it('gives a generator of several threads more room in the closed loop', () => {
  const busy = withLoad({ generator: { name: 'autocannon', cpuPercent: 150 } });
  expect(found(busy, 1)).toEqual(['generator-cpu']);
  expect(found(busy, 2)).toEqual([]);
});

it('holds nothing against a trial for what the host does not tell', () => {
  const silent = withHost({ foreignCpus: null, stealPercent: null, throttledMs: null, clockMHz: null });
  expect(found({ ...silent, open: null })).toEqual([]);
});

it('reports every broken limit at once', () => {
  const bad: GuardedTrial = {
    load: { ...clean.load, errors: 600, generator: { name: 'autocannon', cpuPercent: 99 } },
    open: { ...clean.open, lateSends: 4000 },
    host: { foreignCpus: 1, stealPercent: 20, throttledMs: 300, clockMHz: [2000, 4000] },
  };
  expect(found(bad)).toEqual([
    'foreign-cpu',
    'steal',
    'throttled',
    'clock',
    'generator-cpu',
    'late-sends',
    'errors',
  ]);
});

it('lets a few late sends of a short window be chance', () => {
  const short = (lateSends: number) =>
    violationsOf({ ...clean, open: { ...clean.open, planned: 264, lateSends } }, defaultGuards, 1);
  expect(short(11)).toEqual([]);
  expect(short(12).map(({ guard }) => guard)).toEqual(['late-sends']);
});
