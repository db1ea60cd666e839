import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { describe } from './describe.ts';

test.each(reference.descriptions)('describes $values as R does', (expected) => {
  const actual = describe(expected.values);

  expect(actual.n).toBe(expected.values.length);
  expectCloseToR(actual.mean, expected.mean, 'mean');
  expectCloseToR(actual.median, expected.median, 'median');
  expectCloseToR(actual.min, expected.min, 'min');
  expectCloseToR(actual.max, expected.max, 'max');
  if (expected.stdev === null) expect(actual.stdev).toBeNull();
  else expectCloseToR(actual.stdev, expected.stdev, 'stdev');
  if (expected.ci95 === null) expect(actual.ci95).toBeNull();
  else expected.ci95.forEach((bound, side) => expectCloseToR(actual.ci95?.[side], bound, `ci95[${side}]`));
});

test('refuses a sample without values', () => {
  expect(() => describe([])).toThrow(new RangeError('describe: needs at least 1 value, got 0'));
});

test('names the value that is not finite', () => {
  expect(() => describe([1, 2, NaN])).toThrow(
    new RangeError('describe: value 2 is NaN, expected a finite number'),
  );
});
