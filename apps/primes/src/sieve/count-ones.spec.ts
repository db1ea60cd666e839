import { expect, it } from 'vitest';
import { countOnes } from './count-ones.ts';

function plainCount(words: Int32Array): number {
  return words.reduce((ones, word) => ones + (word >>> 0).toString(2).replaceAll('0', '').length, 0);
}

it.each([0, 1, 2, 3, 4, 5, 6, 100])('counts the ones of %i full words', (length) => {
  expect(countOnes(new Int32Array(length).fill(-1), 0, length)).toBe(32 * length);
});

it('counts the ones of words of every kind', () => {
  const words = Int32Array.from({ length: 1_000 }, (_, index) => Math.imul(index + 1, 0x9e3779b1));
  expect(countOnes(words, 0, words.length)).toBe(plainCount(words));
});

it('counts between its bounds only', () => {
  const words = new Int32Array(10).fill(-1);
  expect(countOnes(words, 3, 7)).toBe(128);
});
