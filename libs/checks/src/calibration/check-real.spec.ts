import { expect, it } from 'vitest';
import { countShares, slowdownSizes, spreadsOf } from './check-real.ts';
import type { MetricOutcome, RealRun } from './real-runs.ts';

const outcome = (metric: string, change: Partial<MetricOutcome> = {}): MetricOutcome => ({
  metric,
  ratio: 1,
  p: 0.5,
  verdict: 'same',
  logRatioStdev: 0.05,
  ...change,
});
const run = (control: MetricOutcome[], slower: MetricOutcome[] = []): RealRun => ({
  runId: 'x',
  seed: 1,
  startedAt: '2026-01-31T12:00:00.000Z',
  elapsedMs: 1,
  rounds: 12,
  repeats: 0,
  comparisons: [
    { slowdownPercent: 0, metrics: control },
    ...(slower.length === 0 ? [] : [{ slowdownPercent: 5, metrics: slower }]),
  ],
});

it('counts any difference of controls', () => {
  const shares = countShares([
    run([outcome('startupMs', { p: 0.01 }), outcome('throughputRps', { p: 0.001, verdict: 'better' })]),
    run([outcome('startupMs'), outcome('throughputRps')]),
  ]);
  const short = shares.map(({ metric, outcome: what, hits, runs }) => [metric, what, hits, runs]);
  expect(short).toEqual([
    ['startupMs', 'significant', 1, 2],
    ['startupMs', 'verdict', 0, 2],
    ['throughputRps', 'significant', 1, 2],
    ['throughputRps', 'verdict', 1, 2],
    ['any', 'verdict', 1, 2],
  ]);
});

it('counts a slowdown only when it is found on the right side, and only where it shows', () => {
  const found = { p: 0.001, verdict: 'worse' } as const;
  const shares = countShares([
    run([], [outcome('throughputRps', { ...found, ratio: 0.95 }), outcome('startupMs', found)]),
    run([], [outcome('throughputRps', { p: 0.001, verdict: 'better', ratio: 1.05 })]),
  ]).filter(({ part }) => part === 'ab');
  expect(shares.map(({ metric, outcome: what, hits }) => [metric, what, hits])).toEqual([
    ['throughputRps', 'significant', 1],
    ['throughputRps', 'verdict', 1],
  ]);
});

it('tells what the spread of controls lets a run see', () => {
  const runs = [run([outcome('throughputRps', { logRatioStdev: 0.03 })]), run([outcome('throughputRps')])];
  const [spread, more] = spreadsOf(runs, [12, 30]);
  expect(spread?.logRatioStdev).toBeCloseTo(Math.sqrt((0.03 ** 2 + 0.05 ** 2) / 2), 12);
  const powerAt5 = (of: typeof spread) =>
    of?.power.find(({ differencePercent }) => differencePercent === 5)?.powerPercent ?? 0;
  expect(powerAt5(spread)).toBeGreaterThan(80);
  expect(powerAt5(more)).toBeGreaterThan(powerAt5(spread));
});

function slowedRun(slowdowns: Readonly<Record<number, Readonly<Record<string, number>>>>): RealRun {
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
        verdict: 'undecided',
        logRatioStdev: 0.02,
      })),
    })),
  };
}

it('holds the size of the largest slowdown against its truth, by the geometric mean over the runs', () => {
  const items = slowdownSizes([
    slowedRun({
      0: { throughputRps: 1 },
      5: { throughputRps: 0.99 },
      10: { throughputRps: 0.9, memoryNetMiB: 1 },
    }),
    slowedRun({ 0: { throughputRps: 1 }, 10: { throughputRps: 0.93, latencyP50Ms: 1.1 } }),
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
  const [throughput, cpu] = slowdownSizes([
    slowedRun({ 10: { throughputRps: 1.01, cpuNetMsPerRequest: 1.1 } }),
  ]);
  expect(throughput).toMatchObject({ passed: false });
  expect(cpu).toMatchObject({ passed: true });
});

it('has nothing to say of runs without a slowdown', () => {
  expect(slowdownSizes([slowedRun({ 0: { throughputRps: 1 } })])).toEqual([]);
});
