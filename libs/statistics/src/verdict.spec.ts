import { describe, expect, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { beyondMargin, holmAdjusted, isEquivalent, marginBounds, verdictOf } from './verdict.ts';
import type { Evidence } from './verdict.ts';

describe('verdictOf', () => {
  const higherByTen: Evidence = {
    n: 10,
    p: 0.01,
    ci95: [1.08, 1.12],
    ci90: [1.085, 1.115],
    margin: 0.05,
    direction: 'higher',
  };
  const alike: Evidence = { ...higherByTen, p: 0.6, ci95: [0.97, 1.03], ci90: [0.975, 1.025] };

  test('more of what should be high is better', () => {
    expect(verdictOf(higherByTen)).toBe('better');
  });

  test('more of what should be low is worse', () => {
    expect(verdictOf({ ...higherByTen, direction: 'lower' })).toBe('worse');
  });

  test('less of what should be low is better, of what should be high worse', () => {
    const lowerByTen: Evidence = { ...higherByTen, ci95: [0.88, 0.92], ci90: [0.885, 0.915] };
    expect(verdictOf({ ...lowerByTen, direction: 'lower' })).toBe('better');
    expect(verdictOf({ ...lowerByTen, direction: 'higher' })).toBe('worse');
  });

  test('is undecided when the adjusted p is not below 0.05', () => {
    expect(verdictOf({ ...higherByTen, p: 0.05 })).toBe('undecided');
  });

  test('is undecided when the interval reaches into the margin', () => {
    expect(verdictOf({ ...higherByTen, ci95: [1.04, 1.16] })).toBe('undecided');
  });

  test('is the same when the 90 % interval lies inside the margin', () => {
    expect(verdictOf(alike)).toBe('same');
  });

  test('is the same when a difference is significant, but too small to matter', () => {
    expect(verdictOf({ ...alike, p: 0.001, ci95: [1.005, 1.02], ci90: [1.007, 1.018] })).toBe('same');
  });

  test('is undecided when the 90 % interval leaves the margin', () => {
    expect(verdictOf({ ...alike, ci90: [0.975, 1.06] })).toBe('undecided');
  });

  test('is undecided with fewer than six rounds, whatever the figures', () => {
    expect(verdictOf({ ...higherByTen, n: 5 })).toBe('undecided');
    expect(verdictOf({ ...alike, n: 5 })).toBe('undecided');
  });

  test('is undecided without figures', () => {
    expect(verdictOf({ ...alike, p: null, ci95: null, ci90: null })).toBe('undecided');
  });

  test('refuses a margin below 0', () => {
    expect(() => verdictOf({ ...alike, margin: -0.02 })).toThrow(
      new RangeError('verdictOf: margin is -0.02, expected 0 or more'),
    );
  });
});

describe('margins', () => {
  test('is as wide above as below on the scale of logarithms', () => {
    const [least, most] = marginBounds(0.05);
    expect(most).toBe(1.05);
    expect(Math.log(least)).toBeCloseTo(-Math.log(most), 15);
  });

  test.each([
    { ci90: [0.97, 1.04] as const, equivalent: true },
    { ci90: [0.953, 1.0499] as const, equivalent: true },
    { ci90: [0.951, 1.04] as const, equivalent: false },
    { ci90: [0.97, 1.05] as const, equivalent: false },
    { ci90: [1.06, 1.07] as const, equivalent: false },
  ])(
    'of the 90 % interval $ci90, equivalence within 5 % is $equivalent',
    ({ ci90: [lower, upper], equivalent }) => {
      expect(isEquivalent([lower, upper], 0.05)).toBe(equivalent);
      expect(isEquivalent([1 / upper, 1 / lower], 0.05)).toBe(equivalent);
    },
  );

  test('nothing is equivalent within a margin of 0', () => {
    expect(isEquivalent([1, 1], 0)).toBe(false);
  });

  test.each([
    { ci95: [1.051, 1.2] as const, side: 'above' },
    { ci95: [1.04, 1.2] as const, side: null },
    { ci95: [0.96, 1.04] as const, side: null },
    { ci95: [0.8, 0.951] as const, side: 'below' },
    { ci95: [0.8, 0.953] as const, side: null },
  ])('the interval $ci95 lies on side $side of 5 %', ({ ci95: [lower, upper], side }) => {
    expect(beyondMargin([lower, upper], 0.05)).toBe(side);
  });

  test.each([-0.01, NaN, Infinity])('refuses the margin %s', (margin) => {
    expect(() => marginBounds(margin)).toThrow(
      new RangeError(`marginBounds: margin is ${margin}, expected 0 or more`),
    );
  });
});

describe('holmAdjusted', () => {
  test.each(reference.holm)('adjusts $pValues as R does, in their order', ({ pValues, adjusted }) => {
    const actual = holmAdjusted(pValues);
    expect(actual).toHaveLength(adjusted.length);
    adjusted.forEach((p, place) => expectCloseToR(actual[place], p, `p ${place}`));
  });

  test('does not count what was not tested', () => {
    expect(holmAdjusted([null, 0.01, null, 0.04])).toEqual([null, 0.02, null, 0.04]);
  });

  test('gives nothing for an empty family', () => {
    expect(holmAdjusted([])).toEqual([]);
  });

  test.each([-0.1, 1.1, NaN])('refuses the p-value %s', (p) => {
    expect(() => holmAdjusted([0.5, p])).toThrow(
      new RangeError(`holmAdjusted: p-value 1 is ${p}, expected 0 to 1`),
    );
  });
});
