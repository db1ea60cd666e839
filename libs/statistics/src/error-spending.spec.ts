import { describe, expect, test } from 'vitest';
import { seededNormal } from '../fixtures/seeded-normal.ts';
import { normalTail, studentTQuantile } from './distributions.ts';
import { levelsOfLooks, powerSpending, type Spending } from './error-spending.ts';

/** The bound of a normal value that has the given chance above it; with this many degrees of freedom, t is normal. */
const boundOf = (level: number) => -studentTQuantile(level, 1e9);
const fifths = [0.2, 0.4, 0.6, 0.8, 1];

describe('levelsOfLooks', () => {
  const published: { name: string; spending: Spending; bounds: number[] }[] = [
    {
      // Quantile of 1 − 0.025 ÷ 2.
      name: 'O’Brien and Fleming',
      spending: (share) => (2 * normalTail(2.241402727604947 / Math.sqrt(share))) / 0.025,
      bounds: [4.8769, 3.3569, 2.6803, 2.2898, 2.031],
    },
    {
      name: 'Pocock',
      spending: (share) => Math.log(1 + (Math.E - 1) * share),
      bounds: [2.438, 2.4268, 2.4101, 2.3966, 2.3859],
    },
  ];
  test.each(published)(
    'gives the published bounds of five looks with the spending of Lan and DeMets after $name',
    ({ spending, bounds }) => {
      const levels = levelsOfLooks(fifths, 0.025, spending);
      levels.forEach((level, look) => expect(boundOf(level)).toBeCloseTo(bounds[look] ?? NaN, 3));
    },
  );

  test('spends all in one look when there is one', () => {
    expect(levelsOfLooks([1], 0.025, powerSpending(1.5))[0]).toBeCloseTo(0.025, 12);
  });

  test('spends in the first look what is due by then', () => {
    expect(levelsOfLooks([0.25, 1], 0.02, powerSpending(1))[0]).toBeCloseTo(0.005, 12);
  });

  test('spends the error over the looks as it says', () => {
    const shares = [0.2, 0.27, 0.33, 0.4, 0.5, 0.67, 0.83, 1];
    const bounds = levelsOfLooks(shares, 0.2, powerSpending(1.5)).map(boundOf);
    const runs = 20_000;
    const normal = seededNormal(4);
    const crossedBy = shares.map(() => 0);
    for (let run = 0; run < runs; run += 1) {
      let [sum, before] = [0, 0];
      const look = shares.findIndex((share, place) => {
        sum += Math.sqrt(share - before) * normal();
        before = share;
        return sum / Math.sqrt(share) > (bounds[place] ?? NaN);
      });
      crossedBy.forEach((count, later) => {
        if (look !== -1 && later >= look) crossedBy[later] = count + 1;
      });
    }
    crossedBy.forEach((count, look) => {
      const spent = 0.2 * (shares[look] ?? NaN) ** 1.5;
      const fourSigma = 4 * Math.sqrt((spent * (1 - spent)) / runs);
      expect(Math.abs(count / runs - spent)).toBeLessThan(fourSigma);
    });
  });

  test('gives no level to a look that may spend nothing', () => {
    const [first, second] = levelsOfLooks([0.5, 1], 0.05, (share) => (share < 1 ? 0 : 1));
    expect(first).toBe(0);
    expect(second).toBeCloseTo(0.05, 12);
  });

  test('gives no levels without looks', () => {
    expect(levelsOfLooks([], 0.05, powerSpending(1))).toEqual([]);
  });

  test.each([
    { shares: [0.5, 0.5], message: 'share 1 is 0.5, expected more than 0.5 and at most 1' },
    { shares: [0], message: 'share 0 is 0, expected more than 0 and at most 1' },
    { shares: [0.5, 1.2], message: 'share 1 is 1.2, expected more than 0.5 and at most 1' },
    { shares: [NaN], message: 'share 0 is NaN, expected more than 0 and at most 1' },
  ])('says "$message"', ({ shares, message }) => {
    expect(() => levelsOfLooks(shares, 0.05, powerSpending(1))).toThrow(
      new RangeError(`levelsOfLooks: ${message}`),
    );
  });
});
