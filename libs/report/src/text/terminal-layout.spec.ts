import { expect, test } from 'vitest';
import { alignedRows, terminalOf, terminalPage, wrapped } from './terminal-layout.ts';

test('lines end before the last column, and the next ones are indented', () => {
  expect(wrapped('aaa bbb ccc ddd', 9)).toBe('  aaa bbb\n    ccc\n    ddd');
});

test('a figure and its percent sign stay on one line', () => {
  expect(wrapped('at most 3.8 % higher', 12, '')).toBe('at most\n  3.8 %\n  higher');
});

test('a word that does not fit stands alone', () => {
  expect(wrapped('a bbbbbbbbbb c', 4, '')).toBe('a\n  bbbbbbbbbb\n  c');
});

test('a cell over two columns makes them as wide as it is', () => {
  const rows = [
    ['a', { text: 'wide title', span: 2 }, 'z'],
    ['b', '1', '2', '3'],
    ['c', '10', '20', '30'],
  ];
  expect(alignedRows(rows, ['left', 'right', 'left', 'left'])).toEqual([
    'a  wide title  z',
    'b   1  2       3',
    'c  10  20      30',
  ]);
});

test('commands to GitHub Actions lose their form, other colons stay', () => {
  expect(terminalPage(['a::b', ' ::error::c'])).toBe('a::b\n\n : :error::c\n');
});

test('a terminal gives its width and gets colour', () => {
  expect(terminalOf({ columns: 132, isTTY: true }, {})).toEqual({ columns: 132, colour: true });
});

test('a pipe gets 120 columns without colour, or those of COLUMNS', () => {
  expect(terminalOf({}, {})).toEqual({ columns: 120, colour: false });
  expect(terminalOf({}, { COLUMNS: '100' })).toEqual({ columns: 100, colour: false });
  expect(terminalOf({}, { COLUMNS: 'wide' })).toEqual({ columns: 120, colour: false });
});

test('FORCE_COLOR and NO_COLOR decide before the terminal', () => {
  expect(terminalOf({}, { FORCE_COLOR: 'true' }).colour).toBe(true);
  expect(terminalOf({ isTTY: true }, { FORCE_COLOR: '0' }).colour).toBe(false);
  expect(terminalOf({ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }).colour).toBe(false);
});
