import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { studentTQuantile } from './student-t.ts';

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
