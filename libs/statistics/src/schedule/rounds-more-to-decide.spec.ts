import { expect, test } from 'vitest';
import { pairedPower } from '../power/paired-power.ts';
import { attainedLevel } from '../comparison/attained-level.ts';
import { roundsMoreToDecide } from './rounds-more-to-decide.ts';

const undecided = { n: 6, ratio: 1.08, logRatioStdev: 0.04, margin: 0.05 };

test('is the least that finds a difference beyond the margin with the wanted power', () => {
  const rounds = 6 + (roundsMoreToDecide(undecided) ?? NaN);
  const powerOf = (n: number) =>
    pairedPower({ rounds: n, stdev: 0.04, difference: Math.log(1.08 / 1.05), alpha: attainedLevel(n, 0.05) });
  expect(powerOf(rounds)).toBeGreaterThanOrEqual(0.8);
  expect(powerOf(rounds - 1)).toBeLessThan(0.8);
});

test('is the same for a ratio and its inverse', () => {
  expect(roundsMoreToDecide({ ...undecided, ratio: 1 / 1.08 })).toBe(roundsMoreToDecide(undecided));
});

test('is the least that shows two sides to be the same', () => {
  const rounds = 6 + (roundsMoreToDecide({ ...undecided, ratio: 1 }) ?? NaN);
  const missOf = (n: number) =>
    2 *
    (1 - pairedPower({ rounds: n, stdev: 0.04, difference: Math.log(1.05), alpha: attainedLevel(n, 0.1) }));
  expect(missOf(rounds)).toBeLessThanOrEqual(0.2);
  expect(missOf(rounds - 1)).toBeGreaterThan(0.2);
});

test('counts the correction for a large family', () => {
  const nearOne = { ...undecided, ratio: 1.02, logRatioStdev: 0.02, margin: 0 };
  const alone = roundsMoreToDecide(nearOne) ?? NaN;
  expect(roundsMoreToDecide(nearOne, { familySize: 50 })).toBeGreaterThan(alone);
});

test('is at least what the correction needs, however clear the difference', () => {
  expect(roundsMoreToDecide({ ...undecided, ratio: 3, logRatioStdev: 0 }, { familySize: 16 })).toBe(10 - 6);
});

test('is at least one round', () => {
  expect(roundsMoreToDecide({ ...undecided, n: 40, ratio: 3 })).toBe(1);
});

test('grows with the wanted power', () => {
  const usual = roundsMoreToDecide(undecided) ?? NaN;
  expect(roundsMoreToDecide(undecided, { power: 0.95 })).toBeGreaterThan(usual);
});

test('is nothing for a ratio on the edge of the margin', () => {
  expect(roundsMoreToDecide({ ...undecided, ratio: 1.05 })).toBeNull();
  expect(roundsMoreToDecide({ ...undecided, ratio: 1.0501 })).toBeNull();
});

test('is nothing when it takes more than the most rounds', () => {
  const more = roundsMoreToDecide(undecided) ?? NaN;
  expect(roundsMoreToDecide(undecided, { mostRounds: 6 + more })).toBe(more);
  expect(roundsMoreToDecide(undecided, { mostRounds: 5 + more })).toBeNull();
});

test.each([
  { bad: { ratio: 0 }, message: 'roundsMoreToDecide: ratio is 0, expected more than 0' },
  { bad: { logRatioStdev: NaN }, message: 'roundsMoreToDecide: logRatioStdev is NaN, expected 0 or more' },
  { bad: { margin: -1 }, message: 'roundsMoreToDecide: margin is -1, expected 0 or more' },
])('says "$message"', ({ bad, message }) => {
  expect(() => roundsMoreToDecide({ ...undecided, ...bad })).toThrow(new RangeError(message));
});
