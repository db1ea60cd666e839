import { describe, expect, test } from 'vitest';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { pairedPower } from './power.ts';
import { roundOrders, roundsFor, roundsMoreToDecide } from './rounds.ts';
import { attainedLevel } from './sign-flip.ts';

describe('roundOrders', () => {
  const names = ['native', 'namespace', 'docker'];

  test('gives the same orders for the same seed', () => {
    expect(roundOrders(names, 20, 7)).toEqual(roundOrders(names, 20, 7));
  });

  test('keeps the orders of earlier versions', () => {
    expect(roundOrders(names, 3, 7)).toEqual([
      ['docker', 'namespace', 'native'],
      ['native', 'docker', 'namespace'],
      ['namespace', 'docker', 'native'],
    ]);
  });

  test('gives other orders for another seed', () => {
    expect(roundOrders(names, 20, 7)).not.toEqual(roundOrders(names, 20, 8));
  });

  test('leaves earlier rounds as they are when there are more', () => {
    expect(roundOrders(names, 20, 7).slice(0, 5)).toEqual(roundOrders(names, 5, 7));
  });

  test('runs every environment once in every round', () => {
    for (const order of roundOrders(names, 50, 3)) expect(order.toSorted()).toEqual(names.toSorted());
  });

  test('gives each of the possible orders about as often', () => {
    const rounds = 6_000;
    const counts = Object.values(Object.groupBy(roundOrders(names, rounds, 11), (order) => order.join())).map(
      (same) => same?.length ?? 0,
    );
    expect(counts).toHaveLength(6);
    const chiSquare = counts.reduce((sum, count) => sum + (count - rounds / 6) ** 2 / (rounds / 6), 0);
    // 99.9 % quantile of chi-square with 5 degrees of freedom.
    expect(chiSquare).toBeLessThan(20.52);
  });

  test('refuses no environments', () => {
    expect(() => roundOrders([], 1, 1)).toThrow(
      new RangeError('roundOrders: needs at least 1 environment, got none'),
    );
  });

  test('refuses a name that occurs twice', () => {
    expect(() => roundOrders(['a', 'b', 'a'], 1, 1)).toThrow(
      new RangeError('roundOrders: environment "a" is named twice'),
    );
  });

  test.each([0, 1.5, NaN])('refuses %s rounds', (rounds) => {
    expect(() => roundOrders(names, rounds, 1)).toThrow(
      new RangeError(`roundOrders: rounds is ${rounds}, expected a whole number of at least 1`),
    );
  });
});

describe('roundsFor', () => {
  const aim = { pilotStdev: 0.03, pilotN: 6, halfWidth: 0.02, confidence: 0.95 };

  test('gives the rounds that R gives', () => {
    for (const { rounds, ...expected } of reference.stein) {
      expect(roundsFor(expected), JSON.stringify(expected)).toBe(rounds);
    }
  });

  test('is never less than the pilot', () => {
    expect(roundsFor({ ...aim, pilotStdev: 0 })).toBe(6);
  });

  test('may be more than can ever be run', () => {
    expect(roundsFor({ ...aim, halfWidth: 1e-300 })).toBe(Infinity);
  });

  test.each([
    { bad: { pilotStdev: -0.1 }, message: 'roundsFor: pilotStdev is -0.1, expected 0 or more' },
    { bad: { pilotN: 1 }, message: 'roundsFor: pilotN is 1, expected a whole number of at least 2' },
    { bad: { halfWidth: 0 }, message: 'roundsFor: halfWidth is 0, expected more than 0' },
    { bad: { confidence: 95 }, message: 'roundsFor: confidence is 95, expected between 0 and 1' },
  ])('says "$message"', ({ bad, message }) => {
    expect(() => roundsFor({ ...aim, ...bad })).toThrow(new RangeError(message));
  });
});

describe('roundsMoreToDecide', () => {
  const undecided = { n: 6, ratio: 1.08, logRatioStdev: 0.04, margin: 0.05 };

  test('is the least that finds a difference beyond the margin with the wanted power', () => {
    const rounds = 6 + (roundsMoreToDecide(undecided) ?? NaN);
    const powerOf = (n: number) =>
      pairedPower({
        rounds: n,
        stdev: 0.04,
        difference: Math.log(1.08 / 1.05),
        alpha: attainedLevel(n, 0.05),
      });
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
});
