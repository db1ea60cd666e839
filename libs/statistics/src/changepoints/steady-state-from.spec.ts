import { expect, test } from 'vitest';
import { normalSample } from '../../fixtures/seeded-normal.ts';
import { steadyStateFrom } from './steady-state-from.ts';

const seeds = [1, 2, 3, 4, 5, 6];

/** 60 values about a level that depends on their place, with 1 % noise. */
function noisy(seed: number, level: (place: number) => number): readonly number[] {
  return normalSample(60, seed, 0, 10).map((noise, place) => level(place) + noise);
}

test.each(seeds)('a step is where the steady state begins (noise %s)', (seed) => {
  const found = steadyStateFrom(
    noisy(seed, (place) => (place < 12 ? 800 : 1000)),
    { seed: 1 },
  );
  expect(found?.index).toBeGreaterThanOrEqual(11);
  expect(found?.index).toBeLessThanOrEqual(14);
  expect(found?.level).toBeGreaterThan(990);
  expect(found?.level).toBeLessThan(1010);
});

test.each(seeds)('a warm-up that levels off becomes steady when it is near its level (noise %s)', (seed) => {
  const found = steadyStateFrom(
    noisy(seed, (place) => 1000 * (1 - 0.6 * Math.exp(-place / 4))),
    { seed: 1 },
  );
  // The curve is 2 % below its level at place 13.6.
  expect(found?.index).toBeGreaterThanOrEqual(10);
  expect(found?.index).toBeLessThanOrEqual(30);
});

test.each(seeds)('a series that still rises or falls at its end has no steady state (noise %s)', (seed) => {
  expect(
    steadyStateFrom(
      noisy(seed, (place) => 1000 + 8 * place),
      { seed: 1 },
    ),
  ).toBeNull();
  expect(
    steadyStateFrom(
      noisy(seed, (place) => 1500 - 8 * place),
      { seed: 1 },
    ),
  ).toBeNull();
});

test.each(seeds)('a step shortly before the end leaves no steady state (noise %s)', (seed) => {
  expect(
    steadyStateFrom(
      noisy(seed, (place) => (place < 52 ? 1000 : 800)),
      { seed: 1 },
    ),
  ).toBeNull();
});

test('after a disturbance it begins anew, in at least 95 of 100 series', () => {
  const found = Array.from({ length: 100 }, (_, seed) =>
    steadyStateFrom(
      noisy(seed, (place) => (place >= 20 && place < 30 ? 800 : 1000)),
      { seed: 1 },
    ),
  );
  const right = found.filter((state) => state !== null && Math.abs(state.index - 30) <= 1);
  expect(right.length).toBeGreaterThanOrEqual(95);
});

test.each([3, 30, 58])('one wild value at place %s changes nothing', (wild) => {
  const values = noisy(9, (place) => (place === wild ? 50 : 1000));
  expect(steadyStateFrom(values, { seed: 1 })?.index).toBe(0);
});

test('a change within the tolerance counts as no change', () => {
  const values = normalSample(60, 1, 1000, 1).map((value, place) => (place < 20 ? value - 12 : value));
  expect(steadyStateFrom(values, { seed: 1 })?.index).toBe(0);
  expect(steadyStateFrom(values, { seed: 1, tolerance: 0.005 })?.index).toBe(20);
});

test('equal values are steady from the first', () => {
  expect(
    steadyStateFrom(
      Array.from({ length: 12 }, () => 0),
      { seed: 1 },
    ),
  ).toEqual({ index: 0, level: 0 });
});

test('sees a change in about 5 % of series without one', () => {
  const series = 600;
  const found = Array.from({ length: series }, (_, run) =>
    steadyStateFrom(normalSample(40, 10_000 + run, 100, 5), { seed: 1, tolerance: 0 }),
  );
  expect(found.filter((state) => state?.index !== 0).length / series).toBeLessThan(0.07);
});

test('refuses a series that is too short', () => {
  expect(() => steadyStateFrom([1, 2, 3], { seed: 1 })).toThrow(
    new RangeError('steadyStateFrom: needs at least 10 values, got 3'),
  );
});

test.each([
  [{ seed: 1, alpha: 0 }, 'steadyStateFrom: alpha is 0, expected between 0 and 1'],
  [{ seed: 1, tolerance: -1 }, 'steadyStateFrom: tolerance is -1, expected 0 or more'],
])('refuses %j', (options, message) => {
  const values = Array.from({ length: 20 }, () => 1);
  expect(() => steadyStateFrom(values, options)).toThrow(new RangeError(message));
});
