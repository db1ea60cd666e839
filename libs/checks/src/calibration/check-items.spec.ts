import { expect, it } from 'vitest';
import { atMost, closeTo, made, notMade, shown } from './check-items.ts';

const title = { id: 'cpu', part: 'cpu', title: 'CPU time', unit: 'ms' } as const;
const compared = (reported: number, truth: number) => ({ what: 'p50', reported, truth, unit: 'ms' });

it('takes the larger of two limits', () => {
  const tolerance = { relative: 0.02, absolute: 0.1 };
  expect(closeTo(compared(10.2, 10), tolerance).passed).toBe(true);
  expect(closeTo(compared(10.21, 10), tolerance).passed).toBe(false);
  expect(closeTo(compared(0.9, 1), tolerance).passed).toBe(true);
  expect(closeTo(compared(0.89, 1), tolerance).passed).toBe(false);
});

it('says how far off a figure is, and how far it may be', () => {
  const item = closeTo(compared(9.8, 10), { relative: 0.02, absolute: 0.1 });
  expect(item.errorText).toBe('−0.200 ms (−2.00 %)');
  expect(item.limitText).toBe('± 2.00 % or 0.100 ms');
});

it('gives no percentage of a truth of zero', () => {
  expect(shown('p90', 0.2, 5e-14, 'ms').errorText).toBe('+0.200 ms');
});

it('lets no figure pass that is not a number', () => {
  expect(closeTo(compared(Number.NaN, 10), { relative: 1 }).passed).toBe(false);
  expect(atMost('way', Number.NaN, 1, 'ms').passed).toBe(false);
});

it('passes a check when no judged line failed, and fails one without lines', () => {
  const good = atMost('way', 0.1, 1, 'ms');
  const bad = atMost('way', 2, 1, 'ms');
  const other = shown('max', 9, 1, 'ms');
  expect(made(title, [good, other])).toMatchObject({ status: 'made', passed: true });
  expect(made(title, [good, bad])).toMatchObject({ passed: false });
  expect(made(title, [], ['it broke'])).toMatchObject({ passed: false, notes: ['it broke'] });
  expect(notMade(title, 'no /proc')).toEqual({ ...title, status: 'not-made', reason: 'no /proc' });
});
