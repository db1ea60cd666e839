import { mean, sampleStandardDeviation, seededRandom } from '@tare/statistics';
import { expect, it } from 'vitest';
import { driftingHost, simulateShares, trialDeviations } from './check-simulated.ts';

const first = (count: number, model = driftingHost): number[] => {
  const deviations = trialDeviations(model, seededRandom(7));
  return Array.from({ length: count }, () => deviations.next().value);
};

it('deviates by drift and trial together', () => {
  const deviations = first(100_000);
  expect(mean(deviations)).toBeCloseTo(0, 2);
  expect(sampleStandardDeviation(deviations)).toBeCloseTo(Math.hypot(0.04, 0.03), 3);
});

it('remembers its drift from trial to trial', () => {
  const drift = first(100_000, { driftStdev: 1, driftMemory: 0.9, trialStdev: 0 });
  const products = drift.slice(1).map((each, place) => each * (drift[place] ?? 0));
  expect(mean(products)).toBeCloseTo(0.9, 1);
});

const signal = new AbortController().signal;
const simulation = {
  design: { kind: 'fixed', rounds: 12 },
  margin: 0.02,
  runs: 600,
  seed: 1,
  signal,
} as const;

it('finds a difference between equals in about one of twenty runs, and almost never beyond the margin', async () => {
  const [significant, verdict] = await simulateShares({ ...simulation, slowdownPercent: 0 });
  expect(significant.ci95[0]).toBeLessThan(5);
  expect(significant.ci95[1]).toBeGreaterThan(5);
  expect(verdict.percent).toBeLessThan(1);
});

it('finds a slowdown the more often the larger it is', async () => {
  const found = [];
  for (const slowdownPercent of [2, 5, 10]) {
    const [significant] = await simulateShares({ ...simulation, runs: 200, slowdownPercent });
    found.push(significant.percent);
  }
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found[1]).toBeGreaterThan(80);
  expect(found[2]).toBe(100);
});

it('finds 5 % in slices with the looks of a default run, and nothing between equals', async () => {
  const looked = { ...simulation, design: { kind: 'looks', max: 30 }, runs: 300 } as const;
  const [, found] = await simulateShares({ ...looked, slowdownPercent: 5 });
  const [, falsely] = await simulateShares({ ...looked, slowdownPercent: 0 });
  expect(found.percent).toBeGreaterThan(95);
  expect(falsely.percent).toBe(0);
});

it('gives the same for the same seed, and ends when it is told to', async () => {
  const few = { ...simulation, runs: 50, slowdownPercent: 0 };
  expect(await simulateShares(few)).toEqual(await simulateShares(few));
  const interruption = new Error('interrupted by a test');
  await expect(simulateShares({ ...few, signal: AbortSignal.abort(interruption) })).rejects.toBe(
    interruption,
  );
});
