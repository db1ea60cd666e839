import { describe, expect, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { increasingRoot, normalTail, studentTQuantile } from './distributions.ts';

describe('studentTQuantile', () => {
  test('agrees with R from the middle to the far tails', () => {
    for (const { probability, degreesOfFreedom, t } of reference.tQuantiles) {
      expectCloseToR(
        studentTQuantile(probability, degreesOfFreedom),
        t,
        `t(${probability}, ${degreesOfFreedom})`,
      );
    }
  });

  test('is the tangent for one degree of freedom', () => {
    for (const probability of [0.51, 0.6, 0.75, 0.9, 0.999]) {
      expect(studentTQuantile(probability, 1) / Math.tan(Math.PI * (probability - 0.5))).toBeCloseTo(1, 12);
    }
  });

  test('nears the normal quantile for very many degrees of freedom', () => {
    expect(studentTQuantile(0.975, 1e12)).toBeCloseTo(1.959963984540054, 9);
  });

  test.each([0, 1, -0.5, NaN])('refuses the probability %s', (probability) => {
    expect(() => studentTQuantile(probability, 5)).toThrow(/^studentTQuantile: probability is /);
  });

  test.each([0, 0.5, NaN, Infinity])('refuses %s degrees of freedom', (degreesOfFreedom) => {
    expect(() => studentTQuantile(0.975, degreesOfFreedom)).toThrow(
      new RangeError(`studentTQuantile: degrees of freedom are ${degreesOfFreedom}, expected 1 or more`),
    );
  });
});

describe('normalTail', () => {
  test.each([
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1, 0.15865525393145707],
    [2.9999, 0.001350341282954925],
    [3, 0.0013498980316300933],
    [8, 6.22096057427174e-16],
    [20, 2.7536241186061556e-89],
    [-1.5, 0.9331927987311419],
  ])('has beyond %s what tables say', (z, tail) => {
    expect(normalTail(z) / tail).toBeCloseTo(1, 12);
  });

  test('is nothing beyond infinity', () => {
    expect(normalTail(Infinity)).toBe(0);
    expect(normalTail(-Infinity)).toBe(1);
  });
});

describe('increasingRoot', () => {
  test.each([
    { name: 'a line', valueAt: (x: number) => 3 * x - 1, root: 1 / 3 },
    { name: 'a curve bent up', valueAt: (x: number) => Math.exp(x) - 2, root: Math.LN2 },
    { name: 'a curve bent down', valueAt: (x: number) => Math.log(x + 1) - 1, root: Math.E - 1 },
    { name: 'a steep step', valueAt: (x: number) => Math.tanh(50 * (x - 0.2)), root: 0.2 },
  ])('finds the root of $name', ({ valueAt, root }) => {
    expect(increasingRoot(valueAt, 0, 4)).toBeCloseTo(root, 12);
  });

  test('finds a root at an end', () => {
    expect(increasingRoot((x) => x, 0, 4)).toBe(0);
    expect(increasingRoot((x) => x - 4, 0, 4)).toBe(4);
  });
});
