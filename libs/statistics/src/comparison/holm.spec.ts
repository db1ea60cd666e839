import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { holmAdjusted } from './holm.ts';

test.each(reference.holm)('adjusts $pValues as R does, in their order', ({ pValues, adjusted }) => {
  const actual = holmAdjusted(pValues);
  expect(actual).toHaveLength(adjusted.length);
  adjusted.forEach((p, place) => expectCloseToR(actual[place], p, `p ${place}`));
});

test('does not count what was not tested', () => {
  expect(holmAdjusted([null, 0.01, null, 0.04])).toEqual([null, 0.02, null, 0.04]);
});

test('gives nothing for an empty family', () => {
  expect(holmAdjusted([])).toEqual([]);
});

test.each([-0.1, 1.1, NaN])('refuses the p-value %s', (p) => {
  expect(() => holmAdjusted([0.5, p])).toThrow(
    new RangeError(`holmAdjusted: p-value 1 is ${p}, expected 0 to 1`),
  );
});
