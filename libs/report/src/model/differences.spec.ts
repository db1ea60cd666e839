import type { Comparison } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import {
  boundsText,
  differenceOf,
  groupedDifferences,
  groupedNouns,
  rangeWords,
  roundPercent,
  shareText,
} from './differences.ts';

const throughput = (ratio: number, ci95: [number, number] | null) => ({
  metric: 'throughputRps',
  ratio,
  ci95,
});

test('a difference is a percentage with half its interval', () => {
  expect(differenceOf(throughput(0.969, [0.961, 0.977]))).toMatchObject({
    amount: '3.1 % ± 0.8 %',
    side: 'lower',
  });
});

test('a lopsided interval is given as it is, from the smaller difference to the larger', () => {
  expect(differenceOf(throughput(1.06, [1.04, 1.12]))).toMatchObject({ amount: '6.0 % (4.0 to 12.0 %)' });
  expect(differenceOf(throughput(0.94, [0.88, 0.96]))).toMatchObject({ amount: '6.0 % (4.0 to 12.0 %)' });
});

test('from a half and from twice on it is a multiple', () => {
  expect(differenceOf(throughput(2, [1.9, 2.1]))).toMatchObject({
    factor: '2.00 times',
    interval: ' [1.90, 2.10]',
  });
  expect(differenceOf(throughput(0.5, null))).toMatchObject({ factor: '0.500 times', interval: '' });
  expect(differenceOf(throughput(1.99, null))).toMatchObject({ kind: 'percent', amount: '99 %' });
});

test('a time is longer or shorter', () => {
  expect(differenceOf({ metric: 'startupMs', ratio: 1.1, ci95: null })).toMatchObject({ side: 'longer' });
  expect(differenceOf({ metric: 'restartMs', ratio: 0.9, ci95: null })).toMatchObject({ side: 'shorter' });
});

test('without a ratio there is no difference', () => {
  expect(differenceOf({ metric: 'errors', ratio: null, ci95: null })).toBeNull();
});

test.each([
  [[0.95, 1.04], 'between 5.0 % lower and 4.0 % higher than native'],
  [[1.038, 1.094], 'between 3.8 % and 9.4 % higher than native'],
  [[0.906, 0.962], 'between 3.8 % and 9.4 % lower than native'],
  [[0.99999, 1.04], 'between 0.0 % and 4.0 % higher than native'],
  [[0.96, 1], 'between 0.0 % and 4.0 % lower than native'],
  [[0.7, 1.6], 'between 30 % lower and 60 % higher than native'],
  [[0.8, 5.1], 'between 0.80 and 5.10 times that of native'],
  [[1, 1], 'between 0.0 % and 0.0 % higher than native'],
] as const)('the range %j is told as "%s"', ([low, high], text) => {
  expect(rangeWords(throughput(1, [low, high]), 'native')).toBe(text);
});

test('no figure becomes a minus zero, a NaN, or a ± 0', () => {
  for (const ratio of [1e-6, 0.4, 0.9, 0.99996, 1, 1.00004, 1.3, 3, 1e6]) {
    for (const reach of [1, 1.000001, 1.004, 1.2, 4]) {
      const compared = throughput(ratio, [ratio / reach, ratio * reach]);
      const text = JSON.stringify([differenceOf(compared), rangeWords(compared, 'native')]);
      expect(text).not.toMatch(/NaN|Infinity|-0(\.0+)?\b(?!\.)|± 0(\.0+)? %/);
    }
  }
});

test('percentages have as many digits as they deserve', () => {
  expect([roundPercent(12.34), roundPercent(9.96), roundPercent(3.14)]).toEqual(['12 %', '10 %', '3.1 %']);
  expect([shareText(0.05), shareText(0.005), shareText(0.07)]).toEqual(['5 %', '0.5 %', '7 %']);
});

const [example] = exampleRun().comparisons;
function compared(metric: string, ratio: number): Comparison {
  if (example === undefined) throw new Error('The example has no comparison.');
  return { ...example, metric, ratio, ci95: [ratio * 0.99, ratio * 1.01], look: null };
}

test('quantiles of latency share one entry', () => {
  expect(
    groupedNouns(
      ['throughputRps', 'latencyP50Ms', 'latencyP99Ms', 'memoryNetMiB'].map((metric) => ({ metric })),
    ),
  ).toEqual(['throughput', 'latency p50/p99', 'net memory']);
});

test('quantiles to one side are told as a range', () => {
  const [p50, p95] = [compared('latencyP50Ms', 1.15), compared('latencyP95Ms', 1.19)];
  expect(groupedDifferences([p50, p95], 'full')).toEqual(['latency p50/p95 (15 to 19 % higher)']);
  expect(groupedDifferences([p50, p50], 'full')).toEqual(['latency p50/p50 (15 % higher)']);
  expect(groupedDifferences([compared('latencyP50Ms', 3), compared('latencyP95Ms', 4)], 'full')).toEqual([
    'latency p50/p95 (3.00 to 4.00 times)',
  ]);
});

test('quantiles to different sides, or of different kinds, stay apart', () => {
  const [less, more, large] = [0.9, 1.1, 3].map((ratio) => compared('latencyP50Ms', ratio));
  if (less === undefined || more === undefined || large === undefined) throw new Error('unreachable');
  expect(groupedDifferences([less, more], 'brief')).toEqual([
    'latency p50 (10 % lower)',
    'latency p50 (10 % higher)',
  ]);
  expect(groupedDifferences([more, large], 'brief')).toEqual([
    'latency p50 (10 % higher)',
    'latency p50 (3.00 times)',
  ]);
});

test('intervals are there where they are wanted', () => {
  const alone = [compared('throughputRps', 0.93)];
  expect(groupedDifferences(alone, 'full')).toEqual(['throughput (7.0 % ± 0.9 % lower)']);
  expect(groupedDifferences(alone, 'brief')).toEqual(['throughput (7.0 % lower)']);
});

test('what is open has its bounds in a table, by the interval that decides', () => {
  expect(boundsText({ ci95: [0.977, 1.009] })).toBe('−2.3 to +0.9 %');
  expect(boundsText({ ci95: [0.8, 5.1] })).toBe('×0.80 to ×5.10');
  expect(boundsText({ ci95: null })).toBe('');
  const look = {
    rounds: 6,
    interval: [0.95, 1] as [number, number],
    sameWithin: 0.05,
    by: 'rounds' as const,
  };
  expect(boundsText({ ci95: [0.9, 1.1], look })).toBe('−5.0 to 0.0 %');
});

test('the tare leads where it has a unit and lies to the side of the ratio', () => {
  const both = [compared('throughputRps', 0.93), compared('startupMs', 3.28)];
  const items = (detail: 'brief' | 'short', tareMs: number) =>
    groupedDifferences(both, detail, (metric) => (metric === 'startupMs' ? tareMs : -20));
  expect(items('brief', 322)).toEqual(['+322 ms startup (3.28 times)', 'throughput (7.0 % lower)']);
  expect(items('short', 322)).toEqual(['+322 ms startup', 'throughput 7.0 % lower']);
  expect(items('brief', -5)).toEqual(['throughput (7.0 % lower)', 'startup (3.28 times)']);
});
