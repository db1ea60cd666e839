import { expect, test } from 'vitest';
import { roundOrders } from './round-orders.ts';

const names = ['native', 'namespace', 'docker'];

test('gives the same orders for the same seed', () => {
  expect(roundOrders(names, 20, 7)).toEqual(roundOrders(names, 20, 7));
});

test('keeps the orders of earlier versions', () => {
  expect(roundOrders(names, 3, 7)).toEqual([
    ['docker', 'namespace', 'native'],
    ['native', 'docker', 'namespace'],
    ['namespace', 'docker', 'native'],
  ]);
});

test('gives other orders for another seed', () => {
  expect(roundOrders(names, 20, 7)).not.toEqual(roundOrders(names, 20, 8));
});

test('leaves earlier rounds as they are when there are more', () => {
  expect(roundOrders(names, 20, 7).slice(0, 5)).toEqual(roundOrders(names, 5, 7));
});

test('runs every environment once in every round', () => {
  for (const order of roundOrders(names, 50, 3)) expect(order.toSorted()).toEqual(names.toSorted());
});

test('gives each of the possible orders about as often', () => {
  const rounds = 6_000;
  const counts = Object.values(Object.groupBy(roundOrders(names, rounds, 11), (order) => order.join())).map(
    (same) => same?.length ?? 0,
  );
  expect(counts).toHaveLength(6);
  const chiSquare = counts.reduce((sum, count) => sum + (count - rounds / 6) ** 2 / (rounds / 6), 0);
  // 99.9 % quantile of chi-square with 5 degrees of freedom.
  expect(chiSquare).toBeLessThan(20.52);
});

test('refuses no environments', () => {
  expect(() => roundOrders([], 1, 1)).toThrow(
    new RangeError('roundOrders: needs at least 1 environment, got none'),
  );
});

test('refuses a name that occurs twice', () => {
  expect(() => roundOrders(['a', 'b', 'a'], 1, 1)).toThrow(
    new RangeError('roundOrders: environment "a" is named twice'),
  );
});

test.each([0, 1.5, NaN])('refuses %s rounds', (rounds) => {
  expect(() => roundOrders(names, rounds, 1)).toThrow(
    new RangeError(`roundOrders: rounds is ${rounds}, expected a whole number of at least 1`),
  );
});
