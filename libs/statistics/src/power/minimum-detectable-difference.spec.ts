import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { minimumDetectableDifference } from './minimum-detectable-difference.ts';
import { pairedPower } from './paired-power.ts';

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
