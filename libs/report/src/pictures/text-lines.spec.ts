import { expect, test } from 'vitest';
import { shortened, textLines } from './text-lines.ts';

test('a text is broken at spaces, and what does not fit ends in an ellipsis', () => {
  expect(textLines('one two three four', 9, 3)).toEqual(['one two', 'three', 'four']);
  expect(textLines('one two three four', 9, 2)).toEqual(['one two', 'three fo…']);
  expect(textLines('short', 9, 3)).toEqual(['short']);
  expect(textLines('', 9, 3)).toEqual([]);
});

test('a word longer than a line is shortened', () => {
  expect(textLines('extraordinarily long', 9, 3)).toEqual(['extraord…']);
  expect(shortened('déjà vu', 5)).toBe('déjà…');
});
