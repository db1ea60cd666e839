import { expect, it } from 'vitest';
import { classifyStep, type StepFigures } from './classify-step.ts';

const slo = { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 };
const guards = { lateSendsPercent: 1, generatorCpuPercent: 80, errorsPercent: 0.1 };
const good: StepFigures = {
  planned: 1000,
  requests: 1000,
  errors: 0,
  timeouts: 0,
  lateSends: 10,
  sloLatencyMs: 50,
  generatorCpuPercent: 80,
};

it.each<[string, Partial<StepFigures>, string]>([
  ['everything at its limit', {}, 'meets'],
  ['a latency above the limit', { sloLatencyMs: 50.1 }, 'misses'],
  ['errors and timeouts at their limit', { errors: 1 }, 'meets'],
  ['errors and timeouts above it', { errors: 1, timeouts: 1 }, 'misses'],
  ['no reply at all', { requests: 0, sloLatencyMs: 0 }, 'misses'],
  ['late sends, which can only make latencies longer', { lateSends: 11 }, 'meets'],
  ['late sends beside a latency above the limit', { lateSends: 11, sloLatencyMs: 900 }, 'generator-limited'],
  ['a busy generator that keeps to the objective', { generatorCpuPercent: 81 }, 'meets'],
  [
    'a busy generator beside a latency above the limit',
    { generatorCpuPercent: 81, sloLatencyMs: 900 },
    'generator-limited',
  ],
])('%s', (_, change, outcome) => {
  expect(classifyStep({ ...good, ...change }, slo, guards)).toBe(outcome);
});
