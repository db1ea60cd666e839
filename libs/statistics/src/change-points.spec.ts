import { describe, expect, test } from 'vitest';
import reference from '../fixtures/changepoints.json' with { type: 'json' };
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import { normalSample } from '../fixtures/seeded-normal.ts';
import {
  bestSplit,
  changePoints,
  energyOf,
  fewestForChangePoint,
  permutationP,
  shuffle,
} from './change-points.ts';
import { seededRandom } from './seeded-random.ts';

describe('changePoints', () => {
  function placesIn(values: readonly number[], seed = 1): readonly number[] {
    return changePoints(values, { seed }).map(({ index }) => index);
  }

  test('finds a step where it is', () => {
    const [change, ...others] = changePoints([...normalSample(12, 1, 100), ...normalSample(9, 2, 105)], {
      seed: 1,
    });
    expect(change).toMatchObject({ index: 12, p: 0.001 });
    expect(others).toEqual([]);
  });

  test('finds two steps, also when the second undoes the first', () => {
    const levels = [100, 106, 100];
    expect(placesIn(levels.flatMap((level, part) => normalSample(12, part, level)))).toEqual([12, 24]);
  });

  test.each(reference.exactTests)('comes near the exact p of all orders of $values', ({ values, p }) => {
    for (const seed of [1, 2, 3]) {
      const found = changePoints(values, { seed, alpha: 0.999 })[0];
      expect(Math.abs((found?.p ?? NaN) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 999));
    }
  });

  test('one wild value is no change', () => {
    const values = normalSample(30, 4, 100);
    expect(placesIn(values.map((value, place) => (place === 15 ? 400 : value)))).toEqual([]);
  });

  test('a slow drift shows as steps', () => {
    expect(placesIn(normalSample(40, 3).map((value, place) => value + place / 4)).length).toBeGreaterThan(0);
  });

  test.each([12, 30])('finds a change in about 5 % of series of %s values without one', (n) => {
    const series = 400;
    const found = Array.from({ length: series }, (_, run) => placesIn(normalSample(n, 1000 + run), 1));
    expect(found.filter(({ length }) => length > 0).length / series).toBeLessThan(0.07);
  });

  test.each([
    [fewestForChangePoint - 2, 2 / 20],
    [fewestForChangePoint - 1, 2 / 35],
    [fewestForChangePoint, 2 / 70],
  ])('the clearest step among %s values has p near %s', (n, p) => {
    const step = Array.from({ length: n }, (_, place) => (place < n / 2 ? 1 : 100) + place / 100);
    for (const seed of [1, 2, 3, 4, 5]) {
      const [change] = changePoints(step, { seed, alpha: 0.5 });
      expect(Math.abs((change?.p ?? NaN) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 999));
    }
  });

  test('is wholly determined by its seed', () => {
    const values = [...normalSample(10, 1, 100), ...normalSample(10, 2, 101.3)];
    const options = { alpha: 0.5 };
    expect(changePoints(values, { ...options, seed: 5 })).toEqual(
      changePoints(values, { ...options, seed: 5 }),
    );
  });

  test('neither the unit nor the direction of the values matters', () => {
    const values = [...normalSample(10, 1, 100), ...normalSample(8, 2, 104)];
    const scaled = values.map((value) => 4096 - 1024 * value);
    expect(placesIn(scaled)).toEqual(placesIn(values));
  });

  test.each([[[]], [[1, 2, 3, 4, 5]], [[5, 5, 5, 5, 5, 5, 5, 5, 5]]])('%j has no change', (values) => {
    expect(placesIn(values)).toEqual([]);
  });

  test.each([
    [{ seed: 1, alpha: 5 }, 'changePoints: alpha is 5, expected between 0 and 1'],
    [{ seed: 1, permutations: 0 }, 'changePoints: permutations is 0, expected a whole number of at least 1'],
    [
      { seed: 1, minimumSegment: 1 },
      'changePoints: minimumSegment is 1, expected a whole number of at least 2',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => changePoints([1, 2, 3], options)).toThrow(new RangeError(message));
  });

  test('refuses NaN', () => {
    expect(() => changePoints([1, NaN], { seed: 1 })).toThrow(
      new RangeError('changePoints: value 1 is NaN, expected a finite number'),
    );
  });
});

describe('bestSplit', () => {
  test.each(reference.splits)('is what R finds by trying all splits of $values', (expected) => {
    const split = bestSplit(expected.values, 0, expected.values.length, expected.minimumSegment);
    expect(split?.index).toBe(expected.index);
    expectCloseToR(split?.statistic, expected.statistic, 'statistic');
  });

  test('looks at its own stretch only', () => {
    const stretch = [...normalSample(6, 1, 10), ...normalSample(7, 2, 20)];
    const alone = bestSplit(stretch, 0, stretch.length, 3);
    const within = bestSplit([500, -500, ...stretch, 900], 2, 2 + stretch.length, 3);
    expect(within).toEqual({ ...alone, index: (alone?.index ?? NaN) + 2 });
  });

  test('a stretch shorter than two segments has no split', () => {
    expect(bestSplit([1, 2, 3, 4, 5], 0, 5, 3)).toBeNull();
  });
});

describe('energyOf', () => {
  const distancesTo = (x: number, others: readonly number[]): number =>
    others.reduce((sum, other) => sum + Math.abs(x - other), 0);
  const within = (values: readonly number[]): number =>
    values.reduce((sum, value, place) => sum + distancesTo(value, values.slice(0, place)), 0);
  const between = (left: readonly number[], right: readonly number[]): number =>
    left.reduce((sum, x) => sum + distancesTo(x, right), 0);
  const energy = (left: readonly number[], right: readonly number[]): number =>
    energyOf(left.length, right.length, between(left, right), within(left), within(right));

  test.each(reference.energies)('is what R computes for $left and $right', ({ left, right, statistic }) => {
    expectCloseToR(energy(left, right), statistic, 'statistic');
    expectCloseToR(energy(right, left), statistic, 'statistic of the sides exchanged');
  });

  test('is 0 when all values are equal', () => {
    expect(energy([7, 7], [7, 7, 7])).toBe(0);
  });
});

describe('permutationP', () => {
  /** Extreme the first `count` times. */
  function extremeTimes(count: number): { readonly calls: () => number; readonly isExtreme: () => boolean } {
    let calls = 0;
    return {
      calls: () => calls,
      isExtreme: () => {
        calls += 1;
        return calls <= count;
      },
    };
  }

  test('is the share of permutations, the observed one counted as one of them', () => {
    expect(permutationP(() => false, 999, 0.05)).toBe(0.001);
    expect(permutationP(extremeTimes(19).isExtreme, 999, 0.05)).toBe(0.02);
  });

  test('p equal to alpha counts, one more does not', () => {
    expect(permutationP(extremeTimes(49).isExtreme, 999, 0.05)).toBe(0.05);
    expect(permutationP(extremeTimes(50).isExtreme, 999, 0.05)).toBeNull();
  });

  test('stops when alpha cannot be reached any more', () => {
    const { calls, isExtreme } = extremeTimes(Infinity);
    expect(permutationP(isExtreme, 999, 0.05)).toBeNull();
    expect(calls()).toBe(50);
  });

  test('too few permutations for the alpha never reject', () => {
    expect(permutationP(() => false, 9, 0.05)).toBeNull();
  });
});

describe('shuffle', () => {
  test('makes every order of its stretch equally often and leaves the rest', () => {
    const random = seededRandom(5);
    const counts = new Map<string, number>();
    const runs = 6000;
    for (let run = 0; run < runs; run += 1) {
      const values = Float64Array.of(9, 1, 2, 3, 9);
      shuffle(values, 1, 4, random);
      const order = values.join(' ');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(
      ['1 2 3', '1 3 2', '2 1 3', '2 3 1', '3 1 2', '3 2 1'].map((order) => `9 ${order} 9`),
    );
    const fourSigma = 4 * Math.sqrt(runs * (1 / 6) * (5 / 6));
    for (const count of counts.values()) expect(Math.abs(count - runs / 6)).toBeLessThan(fourSigma);
  });
});
