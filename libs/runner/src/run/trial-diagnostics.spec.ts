import type { Trial } from '@tare/results';
import { expect, it } from 'vitest';
import { trialDiagnostics } from './trial-diagnostics.ts';

const use = { cpu: { percent: 50, msPerRequest: 1 }, memory: { meanMiB: 50, peakMiB: 60 } };
const sound: Trial = {
  workload: 'primes',
  round: 1,
  attempt: 1,
  order: 1,
  environment: 'native',
  startedAt: '2026-01-01T00:00:00.000Z',
  startup: { kind: 'cold', readyMs: 90, pollErrorMs: 1, polls: 40, milestones: [] },
  load: {
    mode: 'closed',
    connections: 8,
    durationMs: 3000,
    requests: 3000,
    errors: 0,
    timeouts: 0,
    throughputRps: 1000,
    latencyMs: { mean: 8, p50: 8, p90: 9, p95: 9, p99: 10, max: 12 },
    histogram: '',
    generator: { name: 'autocannon', cpuPercent: 20 },
  },
  cpu: { net: use.cpu, gross: use.cpu },
  memory: { net: use.memory, gross: use.memory },
  samples: [],
};
const codes = (load: Partial<Trial['load']>): string[] =>
  trialDiagnostics({ ...sound, load: { ...sound.load, ...load } }, 1).map(({ code }) => code);

it('finds nothing odd in a sound trial', () => {
  expect(codes({})).toEqual([]);
});

it('catches a throughput that cannot be: 8 connections at 15.6 ms are 514 requests a second, not 12,844', () => {
  expect(codes({ throughputRps: 12_844, latencyMs: { ...sound.load.latencyMs, mean: 15.56 } })).toEqual([
    'littles-law',
  ]);
  expect(codes({ throughputRps: 514, latencyMs: { ...sound.load.latencyMs, mean: 15.56 } })).toEqual([]);
});

it('reports errors, a saturated generator and a short window', () => {
  expect(codes({ errors: 3 })).toEqual(['errors']);
  expect(codes({ generator: { name: 'autocannon', cpuPercent: 95 } })).toEqual(['generator-saturated']);
  expect(codes({ durationMs: 60 })).toEqual(['short-window']);
});

it('reports a trial without a success and nothing else about it', () => {
  expect(codes({ requests: 0, throughputRps: 0, errors: 9 })).toEqual(['no-requests']);
});
