import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { latencyCurve } from './latency-curves.ts';

const [trial] = exampleRun(1).trials;

function trialWith(latenciesUs: readonly number[]) {
  if (trial === undefined) throw new Error('the example has no trial');
  const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const latency of latenciesUs) histogram.recordValue(latency);
  return { ...trial, open: null, load: { ...trial.load, histogram: encodeIntoCompressedBase64(histogram) } };
}

const thousand = Array.from({ length: 1000 }, (_, index) => (index + 1) * 1000);

test('histograms of all trials are merged', () => {
  const curve = latencyCurve([trialWith(thousand.slice(0, 500)), trialWith(thousand.slice(500))]);
  expect(curve?.requests).toBe(1000);
  const at = (percentile: number) => curve?.named.find((point) => point.percentile === percentile)?.latencyMs;
  expect(at(50)).toBeCloseTo(500, -1);
  expect(at(99)).toBeCloseTo(990, -1);
});

test('the curve rises and ends where too few requests are slower', () => {
  const curve = latencyCurve([trialWith(thousand)]);
  const latencies = curve?.line.map(({ latencyMs }) => latencyMs) ?? [];
  expect(latencies).toEqual(latencies.toSorted((a, b) => a - b));
  expect(curve?.named.map(({ percentile }) => percentile)).toEqual([50, 75, 90, 95, 99]);
});

test('without a readable histogram there is no curve', () => {
  expect(latencyCurve([])).toBeNull();
  const broken = trialWith([1]);
  expect(latencyCurve([{ ...broken, load: { ...broken.load, histogram: 'AAAA' } }])).toBeNull();
  expect(latencyCurve([{ ...broken, load: { ...broken.load, histogram: '' } }])).toBeNull();
});
