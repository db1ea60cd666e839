import { expect, test } from 'vitest';
import { seededRandom } from '../schedule/seeded-random.ts';
import { shuffle } from './shuffle.ts';

test('makes every order of its stretch equally often and leaves the rest', () => {
  const random = seededRandom(5);
  const counts = new Map<string, number>();
  const runs = 6000;
  for (let run = 0; run < runs; run += 1) {
    const values = Float64Array.of(9, 1, 2, 3, 9);
    shuffle(values, 1, 4, random);
    const order = values.join(' ');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted()).toEqual(
    ['1 2 3', '1 3 2', '2 1 3', '2 3 1', '3 1 2', '3 2 1'].map((order) => `9 ${order} 9`),
  );
  const fourSigma = 4 * Math.sqrt(runs * (1 / 6) * (5 / 6));
  for (const count of counts.values()) expect(Math.abs(count - runs / 6)).toBeLessThan(fourSigma);
});
