import { expect, test } from 'vitest';
import { beyondMargin, isEquivalent, marginBounds } from './margin.ts';

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
