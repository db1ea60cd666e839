import { expect, it } from 'vitest';
import { combinePasses } from './combine-passes.ts';

it('takes the highest rate that held in every pass and keeps the passes', () => {
  const passes = [
    { pass: 1, highestRps: 380, lowestMissRps: 400, limit: 'generator' },
    { pass: 2, highestRps: 300, lowestMissRps: 315, limit: 'slo' },
  ] as const;
  expect(combinePasses('primes', 'docker', passes)).toEqual({
    workload: 'primes',
    environment: 'docker',
    highestRps: 300,
    lowestMissRps: 315,
    limit: 'slo',
    passes,
  });
});

it('has no highest rate when a pass had none', () => {
  const passes = [
    { pass: 1, highestRps: 12.5, lowestMissRps: 25, limit: 'slo' },
    { pass: 2, highestRps: null, lowestMissRps: 1, limit: 'slo' },
  ] as const;
  expect(combinePasses('primes', 'docker', passes)).toMatchObject({ highestRps: null, lowestMissRps: 1 });
});

it('has no missed rate when nothing missed', () => {
  const passes = [{ pass: 1, highestRps: 800, lowestMissRps: null, limit: 'generator' }] as const;
  expect(combinePasses('primes', 'docker', passes)).toMatchObject({
    lowestMissRps: null,
    limit: 'generator',
  });
});

it('refuses no pass at all', () => {
  expect(() => combinePasses('primes', 'docker', [])).toThrow(RangeError);
});
