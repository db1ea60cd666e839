import { describe, expect, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { minimumDetectableDifference, pairedPower } from './power.ts';

describe('pairedPower', () => {
  test('agrees with R from two rounds to a thousand', () => {
    for (const { power, ...design } of reference.pairedPowers) {
      expectCloseToR(pairedPower(design), power, `power of ${JSON.stringify(design)}`);
    }
  });

  test('is alpha without a difference', () => {
    expect(pairedPower({ rounds: 8, stdev: 0, difference: 0, alpha: 0.05 })).toBe(0.05);
    expect(pairedPower({ rounds: 8, stdev: 1, difference: 1e-9, alpha: 0.05 })).toBeCloseTo(0.05, 12);
  });

  test('is 1 for a difference without spread', () => {
    expect(pairedPower({ rounds: 8, stdev: 0, difference: -0.1, alpha: 0.05 })).toBe(1);
  });

  test('does not depend on the sign of the difference', () => {
    const design = { rounds: 8, stdev: 0.03, alpha: 0.05 };
    expect(pairedPower({ ...design, difference: -0.02 })).toBe(pairedPower({ ...design, difference: 0.02 }));
  });

  test('joins its far end without a step', () => {
    const design = { rounds: 3, stdev: 1, alpha: 0.05 };
    // Where the noncentrality passes 18 t, beyond which the power is taken for 1.
    const edge = (18 * 4.302652729749464) / Math.sqrt(3);
    expect(pairedPower({ ...design, difference: edge * 0.999 })).toBeCloseTo(1, 14);
    expect(pairedPower({ ...design, difference: edge * 1.001 })).toBe(1);
  });

  test.each([
    { bad: { rounds: 1 }, message: 'pairedPower: rounds is 1, expected a whole number of at least 2' },
    { bad: { stdev: -1 }, message: 'pairedPower: stdev is -1, expected 0 or more' },
    { bad: { difference: NaN }, message: 'pairedPower: difference is NaN, expected a finite number' },
    { bad: { alpha: 5 }, message: 'pairedPower: alpha is 5, expected between 0 and 1' },
  ])('says "$message"', ({ bad, message }) => {
    expect(() => pairedPower({ rounds: 8, stdev: 1, difference: 1, alpha: 0.05, ...bad })).toThrow(
      new RangeError(message),
    );
  });
});

describe('minimumDetectableDifference', () => {
  test('agrees with R from three rounds to five hundred', () => {
    for (const { difference, ...aim } of reference.detectableDifferences) {
      expectCloseToR(minimumDetectableDifference(aim), difference, `difference of ${JSON.stringify(aim)}`);
    }
  });

  test.each([2, 6, 10, 60])('is found with the wanted power in %s rounds', (rounds) => {
    const difference = minimumDetectableDifference({ rounds, stdev: 0.03 });
    expect(pairedPower({ rounds, stdev: 0.03, difference, alpha: 0.05 })).toBeCloseTo(0.8, 12);
  });

  test('is 0 without spread', () => {
    expect(minimumDetectableDifference({ rounds: 6, stdev: 0 })).toBe(0);
  });

  test.each([0.05, 1, 80, NaN])('refuses the power %s', (power) => {
    expect(() => minimumDetectableDifference({ rounds: 6, stdev: 1, power })).toThrow(
      new RangeError(`minimumDetectableDifference: power is ${power}, expected between alpha and 1`),
    );
  });

  test('refuses a single round', () => {
    expect(() => minimumDetectableDifference({ rounds: 1, stdev: 1 })).toThrow(
      new RangeError('minimumDetectableDifference: rounds is 1, expected a whole number of at least 2'),
    );
  });
});
