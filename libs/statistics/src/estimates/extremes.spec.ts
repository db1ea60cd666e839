import { expect, test } from 'vitest';
import { maximum, minimum } from './extremes.ts';

test('finds the extremes of more values than a call can take as arguments', () => {
  const values = Array.from({ length: 300_000 }, (_, place) => place - 7);
  expect(minimum(values)).toBe(-7);
  expect(maximum(values)).toBe(299_992);
});

test.each([minimum, maximum])('%o refuses no values', (extreme) => {
  expect(() => extreme([])).toThrow(new RangeError(`${extreme.name}: needs at least 1 value, got 0`));
});
