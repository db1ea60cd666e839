import { expect, it } from 'vitest';
import { burstSeed, startOrder } from './starts.ts';

const names = ['native', 'namespace', 'docker', 'native:control'];
const passesOf = (order: readonly string[]) =>
  Array.from({ length: order.length / names.length }, (_, pass) =>
    order.slice(pass * names.length, (pass + 1) * names.length),
  );

it('has every environment once in each pass', () => {
  const passes = passesOf(startOrder(names, 5, 7));
  expect(passes).toHaveLength(5);
  for (const pass of passes) expect(pass.toSorted()).toEqual(names.toSorted());
});

it('follows each random pass with one in reverse, so that a steady drift hits all alike', () => {
  const [first, second, third, fourth, fifth] = passesOf(startOrder(names, 5, 7));
  expect(second).toEqual(first?.toReversed());
  expect(fourth).toEqual(third?.toReversed());
  expect(third).not.toEqual(first);
  expect(fifth).not.toEqual(third);
});

it('is the same for the same seed, and random', () => {
  expect(startOrder(names, 5, 7)).toEqual(startOrder(names, 5, 7));
  const firsts = Array.from({ length: 400 }, (_, seed) => startOrder(names, 1, seed)[0]);
  for (const name of names) {
    // 100 expected, 4 standard deviations either way
    const count = firsts.filter((first) => first === name).length;
    expect(count).toBeGreaterThan(65);
    expect(count).toBeLessThan(135);
  }
});

it('is empty without environments or starts', () => {
  expect(startOrder([], 5, 7)).toEqual([]);
  expect(startOrder(names, 0, 7)).toEqual([]);
});

it('draws each burst of a run anew, from the seed of the run', () => {
  const burst = { round: 1, attempt: 1, workload: 'primes' };
  const seeds = [
    burstSeed(7, burst),
    burstSeed(8, burst),
    burstSeed(7, { ...burst, round: 2 }),
    burstSeed(7, { ...burst, attempt: 2 }),
    burstSeed(7, { ...burst, workload: 'gallery' }),
  ];
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(seeds.every(Number.isSafeInteger)).toBe(true);
  expect(burstSeed(7, burst)).toBe(seeds[0]);
});
