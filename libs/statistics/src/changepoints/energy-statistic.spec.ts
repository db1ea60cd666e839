import { expect, test } from 'vitest';
import reference from '../../fixtures/changepoints.json' with { type: 'json' };
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import { energyStatistic } from './energy-statistic.ts';

test.each(reference.energies)('is what R computes for $left and $right', ({ left, right, statistic }) => {
  expectCloseToR(energyStatistic(left, right), statistic, 'statistic');
  expectCloseToR(energyStatistic(right, left), statistic, 'statistic of the sides exchanged');
});

test('is 0 when all values are equal', () => {
  expect(energyStatistic([7, 7], [7, 7, 7])).toBe(0);
});

test('refuses a side of one value', () => {
  expect(() => energyStatistic([1, 2], [3])).toThrow(
    new RangeError('energyStatistic: right: needs at least 2 values, got 1'),
  );
});
