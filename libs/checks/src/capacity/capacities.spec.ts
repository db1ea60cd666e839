import type { Capacity, CapacityConfig, CapacityStep } from '@tare/results';
import { expect, it } from 'vitest';
import { capacityDiagnostics, combinePasses } from './capacities.ts';

it('takes the highest rate that held in every pass and keeps the passes', () => {
  const passes = [
    { pass: 1, highestRps: 380, lowestMissRps: 400, limit: 'generator' },
    { pass: 2, highestRps: 300, lowestMissRps: 315, limit: 'slo' },
  ] as const;
  expect(combinePasses('primes', 'docker', passes)).toEqual({
    workload: 'primes',
    environment: 'docker',
    highestRps: 300,
    lowestMissRps: 315,
    limit: 'slo',
    passes,
  });
});

it('has no highest rate when a pass had none', () => {
  const passes = [
    { pass: 1, highestRps: 12.5, lowestMissRps: 25, limit: 'slo' },
    { pass: 2, highestRps: null, lowestMissRps: 1, limit: 'slo' },
  ] as const;
  expect(combinePasses('primes', 'docker', passes)).toMatchObject({ highestRps: null, lowestMissRps: 1 });
});

it('has no missed rate when nothing missed', () => {
  const passes = [{ pass: 1, highestRps: 800, lowestMissRps: null, limit: 'generator' }] as const;
  expect(combinePasses('primes', 'docker', passes)).toMatchObject({
    lowestMissRps: null,
    limit: 'generator',
  });
});

it('refuses no pass at all', () => {
  expect(() => combinePasses('primes', 'docker', [])).toThrow(RangeError);
});

const config: CapacityConfig = {
  slo: { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 },
  workloads: [],
  environments: ['native'],
  passes: 2,
  windowMs: 3000,
  warmupMs: 2000,
  connections: 8,
  tolerance: 0.05,
  startRps: 50,
  maxRps: 100_000,
  resources: { cpus: 1, memoryMiB: 512, serverCpus: [0], generatorCpus: [1] },
};
const capacity = (...rates: readonly number[]): Capacity => {
  const passes = rates.map((highestRps, index) => ({
    pass: index + 1,
    highestRps,
    lowestMissRps: highestRps * 1.04,
    limit: 'slo' as const,
  }));
  const [first = NaN] = rates;
  return {
    workload: 'primes',
    environment: 'native',
    highestRps: first,
    lowestMissRps: first * 1.04,
    limit: 'slo',
    passes,
  };
};
const step: CapacityStep = {
  workload: 'primes',
  environment: 'native',
  pass: 1,
  startedAt: '2026-01-31T12:00:00.000Z',
  rateRps: 200,
  durationMs: 3000,
  planned: 600,
  requests: 600,
  errors: 0,
  timeouts: 0,
  lateSends: 0,
  maxLateMs: 0,
  latencyMs: { mean: 5, p50: 5, p90: 5, p95: 5, p99: 5, max: 5 },
  sloLatencyMs: 5,
  histogram: '',
  generatorCpuPercent: 10,
  outcome: 'meets',
};

it('has nothing to say about passes that agree on many requests', () => {
  expect(capacityDiagnostics([capacity(200, 210)], [{ ...step, planned: 1000 }], config)).toEqual([]);
});

it('says when the passes differ by more than two brackets', () => {
  expect(capacityDiagnostics([capacity(200, 250)], [], config)).toMatchObject([
    {
      code: 'passes-differ',
      message: 'primes in native: the passes found 200, 250 req/s: the host or the app drifts',
    },
  ]);
});

it('says how long a step must be for its quantile', () => {
  expect(capacityDiagnostics([capacity(200)], [step], config)).toMatchObject([
    {
      code: 'few-requests',
      message:
        'primes in native: p99 at 200 req/s rests on 600 requests; --duration=5 would put 10 of them beyond it',
    },
  ]);
});

it('says what ended a search besides the objective', () => {
  const codes = (change: Partial<Capacity>) =>
    capacityDiagnostics([{ ...capacity(200), ...change }], [], config).map(({ code }) => code);
  expect(codes({ limit: 'generator' })).toEqual(['generator-limited']);
  expect(codes({ limit: 'generator', highestRps: null })).toEqual(['generator-limited']);
  expect(codes({ limit: 'steps' })).toEqual(['search-unfinished']);
  expect(codes({ limit: 'maximum' })).toEqual([]);
});

it('says when server and generator shared the CPUs', () => {
  const shared = { ...config, resources: { ...config.resources, serverCpus: null } };
  expect(capacityDiagnostics([], [], shared).map(({ code }) => code)).toEqual(['not-pinned']);
});
