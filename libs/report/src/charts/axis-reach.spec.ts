import { expect, test } from 'vitest';
import { axisReach, piecesUpTo } from './axis-reach.ts';
import type { ChartBar } from './chart-plan.ts';

const bar = (value: number, emulated = false): ChartBar => ({
  label: 'a',
  emulated,
  pieces: [{ value, colour: '#000000' }],
  ci95: null,
  trials: [value],
  valueText: '',
});

test('an emulated bar far beyond the others is broken off, and the axis is that of the others', () => {
  expect(axisReach([bar(80), bar(90), bar(9000, true)])).toEqual({
    largest: 90,
    broken: [false, false, true],
  });
});

test('an emulated bar near the others, and a long one that is not emulated, are drawn whole', () => {
  expect(axisReach([bar(80), bar(90, true)])).toEqual({ largest: 90, broken: [false, false] });
  expect(axisReach([bar(80), bar(9000)])).toEqual({ largest: 9000, broken: [false, false] });
});

test('emulated bars alone are drawn whole', () => {
  expect(axisReach([bar(80, true), bar(9000, true)])).toEqual({ largest: 9000, broken: [false, false] });
  expect(axisReach([bar(0), bar(7, true)])).toEqual({ largest: 7, broken: [false, false] });
});

test('an interval counts up to half of the figure beyond it', () => {
  expect(axisReach([{ ...bar(80), ci95: [60, 100] }]).largest).toBe(100);
  expect(axisReach([{ ...bar(80), ci95: [-400, 560] }]).largest).toBe(120);
});

test('pieces are cut where their sum reaches the end', () => {
  const pieces = [78, 410, 5].map((value) => ({ value, colour: '#000000' }));
  expect(piecesUpTo(pieces, 125).map(({ value }) => value)).toEqual([78, 47, 0]);
  expect(piecesUpTo(pieces, 500).map(({ value }) => value)).toEqual([78, 410, 5]);
});
