import { expect, it } from 'vitest';
import type { RealRun } from './real-comparison.ts';
import { slowdownSizes } from './slowdown-sizes.ts';

function run(slowdowns: Readonly<Record<number, Readonly<Record<string, number>>>>): RealRun {
  return {
    runId: 'a',
    seed: 1,
    startedAt: '2026-01-31T12:00:00.000Z',
    elapsedMs: 1,
    rounds: 12,
    repeats: 0,
    comparisons: Object.entries(slowdowns).map(([percent, ratios]) => ({
      slowdownPercent: Number(percent),
      metrics: Object.entries(ratios).map(([metric, ratio]) => ({
        metric,
        ratio,
        p: 0.5,
        pAdjusted: 1,
        verdict: 'undecided',
        logRatioStdev: 0.02,
      })),
    })),
  };
}

it('holds the size of the largest slowdown against its truth, by the geometric mean over the runs', () => {
  const items = slowdownSizes([
    run({ 0: { throughputRps: 1 }, 5: { throughputRps: 0.99 }, 10: { throughputRps: 0.9, memoryNetMiB: 1 } }),
    run({ 0: { throughputRps: 1 }, 10: { throughputRps: 0.93, latencyP50Ms: 1.1 } }),
  ]);
  expect(items.map(({ what, passed }) => [what, passed])).toEqual([
    ['5 % more work per request, Throughput: change', null],
    ['10 % more work per request, Throughput: change', true],
    ['10 % more work per request, Latency p50: change', true],
  ]);
  expect(items[1]?.reported).toBeCloseTo((Math.sqrt(0.9 * 0.93) - 1) * 100, 9);
  expect(items[1]?.truth).toBeCloseTo((1 / 1.1 - 1) * 100, 9);
});

it('fails for a metric that does not feel the work', () => {
  const [throughput, cpu] = slowdownSizes([run({ 10: { throughputRps: 1.01, cpuNetMsPerRequest: 1.1 } })]);
  expect(throughput).toMatchObject({ passed: false });
  expect(cpu).toMatchObject({ passed: true });
});

it('has nothing to say of runs without a slowdown', () => {
  expect(slowdownSizes([run({ 0: { throughputRps: 1 } })])).toEqual([]);
});
