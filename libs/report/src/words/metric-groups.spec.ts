import type { Comparison } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { groupedDifferences, groupedNouns } from './metric-groups.ts';

const [example] = exampleRun().comparisons;
function compared(metric: string, ratio: number): Comparison {
  if (example === undefined) throw new Error('The example has no comparison.');
  return { ...example, metric, ratio, ci95: [ratio * 0.99, ratio * 1.01] };
}

test('quantiles of latency share one entry', () => {
  expect(groupedNouns(['throughputRps', 'latencyP50Ms', 'latencyP99Ms', 'memoryNetMiB'])).toEqual([
    'throughput',
    'latency p50/p99',
    'net memory',
  ]);
});

test('quantiles to one side are told as a range', () => {
  const [p50, p95] = [compared('latencyP50Ms', 1.15), compared('latencyP95Ms', 1.19)];
  expect(groupedDifferences([p50, p95], true)).toEqual(['latency p50/p95 (15 to 19 % higher)']);
  expect(groupedDifferences([p50, p50], true)).toEqual(['latency p50/p50 (15 % higher)']);
  expect(groupedDifferences([compared('latencyP50Ms', 3), compared('latencyP95Ms', 4)], true)).toEqual([
    'latency p50/p95 (3.00 to 4.00 times)',
  ]);
});

test('quantiles to different sides, or of different kinds, stay apart', () => {
  const [less, more, large] = [0.9, 1.1, 3].map((ratio) => compared('latencyP50Ms', ratio));
  if (less === undefined || more === undefined || large === undefined) throw new Error('unreachable');
  expect(groupedDifferences([less, more], false)).toEqual([
    'latency p50 (10 % lower)',
    'latency p50 (10 % higher)',
  ]);
  expect(groupedDifferences([more, large], false)).toEqual([
    'latency p50 (10 % higher)',
    'latency p50 (3.00 times)',
  ]);
});

test('intervals are there where they are wanted', () => {
  const alone = [compared('throughputRps', 0.93)];
  expect(groupedDifferences(alone, true)).toEqual(['throughput (7.0 % ± 0.9 % lower)']);
  expect(groupedDifferences(alone, false)).toEqual(['throughput (7.0 % lower)']);
});
