import { expect, test } from 'vitest';
import { terminalOf } from './terminal-options.ts';

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
