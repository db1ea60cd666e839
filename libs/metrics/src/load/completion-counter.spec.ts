import { expect, it } from 'vitest';
import { completionCounter } from './completion-counter.ts';

it('counts completions in whole steps of 100 ms', () => {
  const times = [1000, 1099, 1100, 1350, 1390];
  const counter = completionCounter(1000, () => times.shift() ?? NaN);
  for (let i = 0; i < 5; i++) counter.note();
  expect(counter.until(1380)).toEqual([2, 1, 0]);
  expect(counter.until(1500)).toEqual([2, 1, 0, 2, 0]);
});
