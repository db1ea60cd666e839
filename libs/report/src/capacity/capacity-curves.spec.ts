import type { Capacity } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleCapacity } from '../../fixtures/example-capacity.ts';
import { capacityCurves, capacityText } from './capacity-curves.ts';

test('each workload has a curve per environment that was measured, by rate', () => {
  const curves = capacityCurves(exampleCapacity());
  expect(curves.map(({ workload }) => workload)).toEqual(['primes', 'grocery']);
  expect(curves[0]?.environments.map(({ title }) => title)).toEqual([
    'native',
    'docker',
    'vagrant (emulated)',
  ]);
  for (const { steps } of curves.flatMap(({ environments }) => environments)) {
    const rates = steps.map(({ rateRps }) => rateRps);
    expect(rates).toEqual(rates.toSorted((one, other) => one - other));
  }
});

test.each<[Partial<Capacity>, string]>([
  [{}, '640 req/s'],
  [{ highestRps: null, lowestMissRps: 12.5 }, 'below 12.5 req/s'],
  [{ highestRps: null, lowestMissRps: null, limit: 'generator' }, 'unknown: the generator is the limit'],
  [{ limit: 'generator' }, 'at least 640 req/s: the generator is the limit'],
  [{ limit: 'maximum' }, 'at least 640 req/s: no more was asked for'],
  [{ limit: 'steps' }, 'at least 640 req/s: the search was not finished'],
])('a capacity in words: %j', (change, text) => {
  const capacity: Capacity = {
    workload: 'primes',
    environment: 'native',
    highestRps: 640,
    lowestMissRps: 660,
    limit: 'slo',
    passes: [],
  };
  expect(capacityText({ ...capacity, ...change })).toBe(text);
});
