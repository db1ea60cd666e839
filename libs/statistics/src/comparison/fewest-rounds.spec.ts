import { expect, test } from 'vitest';
import { fewestRounds, fewestRoundsFor } from './fewest-rounds.ts';
import { holmAdjusted } from './holm.ts';
import { signFlipTest } from './sign-flip.ts';

/** The Holm-adjusted p of the clearest result that there can be, in a family where all others show nothing. */
function bestAdjusted(rounds: number, familySize: number): number {
  const { p } = signFlipTest(
    Array.from({ length: rounds }, () => 1),
    1,
  );
  return holmAdjusted(Array.from({ length: familySize }, (_, place) => (place === 0 ? p : 1)))[0] ?? NaN;
}

test.each([1, 2, 3, 16, 50, 96])('is where a comparison among %s can first be significant', (familySize) => {
  const fewest = fewestRoundsFor(familySize) ?? NaN;
  expect(bestAdjusted(fewest, familySize)).toBeLessThan(0.05);
  expect(bestAdjusted(fewest - 1, familySize)).toBeGreaterThanOrEqual(0.05);
});

test('is six rounds for a single comparison', () => {
  expect(fewestRoundsFor(1)).toBe(fewestRounds);
});

test('is nothing for a family too large for the random flips', () => {
  expect(fewestRoundsFor(300)).toBe(15);
  expect(bestAdjusted(30, 490)).toBeLessThan(0.05);
  expect(fewestRoundsFor(501)).toBeNull();
});

test.each([0, 1.5, NaN])('refuses a family of %s', (familySize) => {
  expect(() => fewestRoundsFor(familySize)).toThrow(
    new RangeError(`fewestRoundsFor: familySize is ${familySize}, expected a whole number of at least 1`),
  );
});
