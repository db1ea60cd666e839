import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { pairedPower } from './paired-power.ts';

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
