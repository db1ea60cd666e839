import { expect, test } from 'vitest';
import { wrapped } from './wrapped.ts';

test('lines end before the last column, and the next ones are indented', () => {
  expect(wrapped('aaa bbb ccc ddd', 9)).toBe('  aaa bbb\n    ccc\n    ddd');
});

test('a word that does not fit stands alone', () => {
  expect(wrapped('a bbbbbbbbbb c', 4, '')).toBe('a\n  bbbbbbbbbb\n  c');
});
