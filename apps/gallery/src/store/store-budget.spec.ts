import { expect, it } from 'vitest';
import { createStoreBudget } from './store-budget.ts';

it('gives what there is, and again what came back', () => {
  const budget = createStoreBudget(100);
  expect([budget.reserve(60), budget.reserve(41), budget.reserve(40), budget.reserve(1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  budget.release(60);
  expect([budget.usedBytes, budget.reserve(60)]).toEqual([40, true]);
});
