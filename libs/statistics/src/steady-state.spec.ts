import { describe, expect, test } from 'vitest';
import { normalSample } from '../fixtures/seeded-normal.ts';
import { steadyState, withoutSpikes } from './steady-state.ts';

describe('steadyState', () => {
  const options = { seed: 1, tolerance: 0.02 };
  /** `n` values around a level, with noise of 1 %. */
  const stretch = (n: number, seed: number, level: number): readonly number[] =>
    normalSample(n, seed, 100).map((value) => (value / 100) * level);

  test('finds the end of a warm-up in steps', () => {
    const values = [...stretch(6, 1, 40), ...stretch(8, 2, 80), ...stretch(30, 3, 100)];
    const found = steadyState(values, options);
    expect(found?.start).toBe(14);
    expect(found?.level).toBeCloseTo(100, 0);
  });

  test('a slow first value among steady ones is a spike', () => {
    expect(steadyState([20, ...stretch(30, 4, 100)], options)?.start).toBe(0);
  });

  test('stretches of the same level within the tolerance are one', () => {
    const values = [...stretch(6, 5, 40), ...stretch(15, 6, 100), ...stretch(15, 7, 101.5)];
    expect(steadyState(values, options)?.start).toBe(6);
  });

  test('what was steady and then changed is not', () => {
    const values = [...stretch(15, 8, 100), ...stretch(10, 9, 50), ...stretch(20, 10, 100)];
    expect(steadyState(values, options)?.start).toBe(25);
  });

  test.each([
    ['a change near the end', [...stretch(36, 11, 100), ...stretch(5, 12, 150)]],
    ['a rise that goes on', stretch(40, 13, 100).map((value, place) => value * (1 + place / 20))],
    ['too few values', [1, 1, 1, 1, 1, 1, 1]],
  ])('no steady state: %s', (_, values) => {
    expect(steadyState(values, options)).toBeNull();
  });

  test('a series without a change is steady from its beginning, in at least 99 of 100 cases', () => {
    const starts = Array.from({ length: 200 }, (_, run) => steadyState(stretch(50, 100 + run, 100), options));
    expect(starts.filter((found) => found?.start !== 0).length).toBeLessThanOrEqual(4);
  });

  test('refuses a tolerance that is no share', () => {
    expect(() => steadyState([1, 2, 3, 4], { seed: 1, tolerance: -1 })).toThrow(RangeError);
  });
});

describe('withoutSpikes', () => {
  test('a spike comes down to 4 standard deviations of the noise, nothing else moves', () => {
    const values = normalSample(200, 3, 1000, 10);
    const spiked = values.map((value, place) => (place === 70 ? 5000 : value));
    const cut = withoutSpikes(spiked, 4);
    expect(cut.filter((value, place) => value !== spiked[place])).toHaveLength(1);
    expect(cut[70]).toBeGreaterThan(1025);
    expect(cut[70]).toBeLessThan(1060);
  });

  test('a step stays where it is, and a stretch of its own level too', () => {
    const values = normalSample(60, 4, 0, 10).map(
      (noise, place) => noise + (place >= 20 && place < 26 ? 500 : 0),
    );
    expect(withoutSpikes(values, 4)).toEqual(values);
  });

  test('equal values stay', () => {
    expect(withoutSpikes([3, 3, 3], 4)).toEqual([3, 3, 3]);
  });
});
