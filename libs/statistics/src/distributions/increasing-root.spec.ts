import { expect, test } from 'vitest';
import { increasingRoot } from './increasing-root.ts';

test.each([
  { name: 'a line', valueAt: (x: number) => 3 * x - 1, root: 1 / 3 },
  { name: 'a curve bent up', valueAt: (x: number) => Math.exp(x) - 2, root: Math.LN2 },
  { name: 'a curve bent down', valueAt: (x: number) => Math.log(x + 1) - 1, root: Math.E - 1 },
  { name: 'a steep step', valueAt: (x: number) => Math.tanh(50 * (x - 0.2)), root: 0.2 },
])('finds the root of $name', ({ valueAt, root }) => {
  expect(increasingRoot(valueAt, 0, 4)).toBeCloseTo(root, 12);
});

test('finds a root at an end', () => {
  expect(increasingRoot((x) => x, 0, 4)).toBe(0);
  expect(increasingRoot((x) => x - 4, 0, 4)).toBe(4);
});
