import { expect, test } from 'vitest';
import { permutationP } from './permutation-p.ts';

/** Extreme the first `count` times. */
function extremeTimes(count: number): { readonly calls: () => number; readonly isExtreme: () => boolean } {
  let calls = 0;
  return {
    calls: () => calls,
    isExtreme: () => {
      calls += 1;
      return calls <= count;
    },
  };
}

test('is the share of permutations, the observed one counted as one of them', () => {
  expect(permutationP(() => false, 999, 0.05)).toBe(0.001);
  expect(permutationP(extremeTimes(19).isExtreme, 999, 0.05)).toBe(0.02);
});

test('p equal to alpha counts, one more does not', () => {
  expect(permutationP(extremeTimes(49).isExtreme, 999, 0.05)).toBe(0.05);
  expect(permutationP(extremeTimes(50).isExtreme, 999, 0.05)).toBeNull();
});

test('stops when alpha cannot be reached any more', () => {
  const { calls, isExtreme } = extremeTimes(Infinity);
  expect(permutationP(isExtreme, 999, 0.05)).toBeNull();
  expect(calls()).toBe(50);
});

test('too few permutations for the alpha never reject', () => {
  expect(permutationP(() => false, 9, 0.05)).toBeNull();
});
