import { expect, test } from 'vitest';
import reference from '../../fixtures/changepoints.json' with { type: 'json' };
import { normalSample } from '../../fixtures/seeded-normal.ts';
import { changePoints, fewestForChangePoint } from './change-points.ts';

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
