import type { StepOutcome } from '@tare/results';
import { seededRandom } from '@tare/statistics';
import { expect, it } from 'vitest';
import {
  classifyStep,
  firstRate,
  nextMove,
  type Bracket,
  type SearchAim,
  type SearchStep,
  type StepFigures,
} from './capacity-search.ts';

const aim: SearchAim = {
  startRps: 50,
  leastRps: 1,
  maxRps: 100_000,
  maxIs: 'maximum',
  tolerance: 0.05,
  maxSteps: 60,
};

/** Searches against a simulated server. */
function search(
  outcomeAt: (rateRps: number) => StepOutcome,
  change: Partial<SearchAim> = {},
): Bracket & { readonly steps: readonly SearchStep[] } {
  const steps: SearchStep[] = [];
  for (;;) {
    const move = nextMove({ ...aim, ...change }, steps);
    if (move.kind === 'done') return { ...move, steps };
    steps.push({ rateRps: move.rateRps, outcome: outcomeAt(move.rateRps) });
  }
}

/** 99th percentile of the time in an M/M/1 queue: ln 100 ÷ (μ − λ), exponentially distributed (Kleinrock 1975, 3.2). */
const p99Ms = (serviceRps: number, rateRps: number): number =>
  rateRps >= serviceRps ? Infinity : (Math.log(100) / (serviceRps - rateRps)) * 1000;
const capacityOf = (serviceRps: number, limitMs: number): number =>
  serviceRps - (Math.log(100) / limitMs) * 1000;

it('brackets the truth within the tolerance, for servers of any speed', () => {
  const random = seededRandom(7);
  for (let trial = 0; trial < 500; trial += 1) {
    const serviceRps = 2 * 10 ** (random.below(4000) / 1000);
    const limitMs = 5 + random.below(1000);
    const tolerance = 0.005 + random.below(100) / 500;
    const truthRps = capacityOf(serviceRps, limitMs);
    const { highestRps, lowestMissRps, limit } = search(
      (rateRps) => (p99Ms(serviceRps, rateRps) <= limitMs ? 'meets' : 'misses'),
      { startRps: 1 + random.below(2000), tolerance },
    );
    expect(limit).toBe('slo');
    if (truthRps < 1) {
      expect({ highestRps, lowestMissRps }).toEqual({ highestRps: null, lowestMissRps: 1 });
      continue;
    }
    const [low, high] = [highestRps ?? NaN, lowestMissRps ?? NaN];
    expect(low).toBeLessThanOrEqual(truthRps);
    expect(high).toBeGreaterThan(truthRps);
    // rates have four digits, so a very narrow bracket may stay one digit wider
    expect(high / low - 1).toBeLessThanOrEqual(Math.max(tolerance, 0.0011));
  }
});

it('still brackets the truth closely when one step in twenty is spoilt by the host', () => {
  const random = seededRandom(11);
  let close = 0;
  for (let trial = 0; trial < 200; trial += 1) {
    const truthRps = 60 + random.below(5000);
    const { highestRps, lowestMissRps } = search((rateRps) =>
      rateRps > truthRps || random.below(20) === 0 ? 'misses' : 'meets',
    );
    expect((highestRps ?? 0) < (lowestMissRps ?? Infinity)).toBe(true);
    if (Math.abs((highestRps ?? 0) / truthRps - 1) < 0.12) close += 1;
  }
  expect(close).toBeGreaterThanOrEqual(185);
});

it('doubles, bisects, and tries both ends twice', () => {
  const { steps } = search((rateRps) => (rateRps <= 333 ? 'meets' : 'misses'));
  const rates = steps.map(({ rateRps }) => rateRps);
  expect(rates).toEqual([50, 100, 200, 400, 282.8, 336.3, 308.4, 322, 322, 336.3]);
});

it('goes on after a miss that was a hiccup', () => {
  let hiccups = 1;
  const { highestRps, lowestMissRps } = search((rateRps) =>
    rateRps > 1000 || (rateRps === 100 && hiccups-- > 0) ? 'misses' : 'meets',
  );
  expect(highestRps).toBeGreaterThan(950);
  expect(lowestMissRps).toBeLessThan(1050);
});

it('halves when the first rate misses, down to the least', () => {
  expect(search((rateRps) => (rateRps <= 7 ? 'meets' : 'misses'))).toMatchObject({ limit: 'slo' });
  const { steps, ...found } = search(() => 'misses', { leastRps: 10 });
  expect(found).toMatchObject({ highestRps: null, lowestMissRps: 10, limit: 'slo' });
  expect(steps.map(({ rateRps }) => rateRps)).toEqual([50, 25, 12.5, 10, 10]);
});

it('ends with at least the highest rate when the generator is the limit', () => {
  const found = search((rateRps) => (rateRps > 500 ? 'generator-limited' : 'meets'));
  expect(found).toMatchObject({ highestRps: 400, lowestMissRps: null, limit: 'generator' });
});

it('keeps the miss that it knows when the generator fails within the bracket', () => {
  const found = search((rateRps) =>
    rateRps >= 400 ? 'misses' : rateRps > 200 ? 'generator-limited' : 'meets',
  );
  expect(found).toMatchObject({ highestRps: 200, lowestMissRps: 400, limit: 'generator' });
});

it('forgives the generator one failure at a rate', () => {
  let failures = 1;
  const found = search((rateRps) =>
    rateRps === 200 && failures-- > 0 ? 'generator-limited' : rateRps > 333 ? 'misses' : 'meets',
  );
  expect(found).toMatchObject({ highestRps: 322, lowestMissRps: 336.3, limit: 'slo' });
});

it.each(['generator', 'maximum'] as const)('ends at the highest rate that may be tried: %s', (maxIs) => {
  const found = search(() => 'meets', { maxRps: 333, maxIs });
  expect(found).toMatchObject({ highestRps: 333, lowestMissRps: null, limit: maxIs });
  expect(found.steps.map(({ rateRps }) => rateRps)).toEqual([50, 100, 200, 333, 333]);
});

it('ends after so many steps with the bracket so far', () => {
  const found = search((rateRps) => (rateRps <= 333 ? 'meets' : 'misses'), { maxSteps: 5 });
  expect(found).toMatchObject({ highestRps: 282.8, lowestMissRps: 400, limit: 'steps' });
  expect(found.steps).toHaveLength(5);
});

it.each([
  [50, 1000, 50],
  [50, 100, 50],
  [50, 99, 25],
  [50, 4, 1.5625],
  [50, 0.5, 1],
])('of %s wanted and %s served is %s', (wantedRps, servedRps, rateRps) => {
  expect(firstRate(wantedRps, servedRps, 1)).toBe(rateRps);
});

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
])('classifies a step: %s', (_, change, outcome) => {
  expect(classifyStep({ ...good, ...change }, slo, guards)).toBe(outcome);
});
