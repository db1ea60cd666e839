import { expect, it } from 'vitest';
import { exampleTrial } from '../fixtures/example-run.ts';
import { trialDiagnostics } from './run-diagnostics.ts';
import type { Trial } from './run-file.ts';

const example = exampleTrial('native', 1);
const latencyMs = { mean: 8, p50: 8, p90: 9, p95: 9, p99: 10, max: 12 };
const sound: Trial = {
  ...example,
  load: { ...example.load, connections: 8, durationMs: 3000, requests: 3000, throughputRps: 1000, latencyMs },
};
const codes = (load: Partial<Trial['load']>): string[] =>
  trialDiagnostics({ ...sound, load: { ...sound.load, ...load } }).map(({ code }) => code);

it('finds nothing odd in a sound trial', () => {
  expect(codes({})).toEqual([]);
});

it('catches a throughput that cannot be: 8 connections at 15.6 ms are 514 requests a second, not 12,844', () => {
  expect(codes({ throughputRps: 12_844, latencyMs: { ...sound.load.latencyMs, mean: 15.56 } })).toEqual([
    'littles-law',
  ]);
  expect(codes({ throughputRps: 514, latencyMs: { ...sound.load.latencyMs, mean: 15.56 } })).toEqual([]);
});

it('tells when the ends of slices left the server idle', () => {
  const inSlices = { slices: 40, throughputRps: 400, latencyMs: { ...sound.load.latencyMs, mean: 15 } };
  const codesAt = (percent: number, scopes: readonly ('net' | 'gross')[] = ['net', 'gross']) => {
    const cpu = Object.fromEntries(scopes.map((scope) => [scope, { percent, msPerRequest: 1 }]));
    const load = { ...sound.load, ...inSlices };
    return trialDiagnostics({ ...sound, cpu, load }).map(({ code }) => code);
  };
  expect(codesAt(99)).toEqual([]);
  expect(codesAt(60)).toEqual(['short-slices']);
  expect(codesAt(60, ['gross'])).toEqual(['short-slices']);
  // without a meter nobody knows whether it had time to spare
  expect(codesAt(60, [])).toEqual([]);
  expect(codes({ ...inSlices, throughputRps: 12_844 })).toEqual(['littles-law']);
});

it('reports errors by their names, and a short window', () => {
  const load = { ...sound.load, errors: 5, timeouts: 1, failures: { 'status 503': 4, ECONNRESET: 1 } };
  expect(trialDiagnostics({ ...sound, load }).map(({ message }) => message)).toEqual([
    'primes, round 1, native: 3000 good replies in the closed loop, beside status 503 × 4, ECONNRESET × 1, timeout × 1',
  ]);
  expect(codes({ durationMs: 60 })).toEqual(['short-window']);
});

it('reports the guards that a trial violates', () => {
  const violation = { guard: 'steal', value: 9, limit: 2, message: 'steal 9 %, at most 2 %' } as const;
  expect(trialDiagnostics({ ...sound, violations: [violation] })).toEqual([
    { level: 'warning', code: 'guard-steal', message: 'primes, round 1, native: steal 9 %, at most 2 %' },
  ]);
});
