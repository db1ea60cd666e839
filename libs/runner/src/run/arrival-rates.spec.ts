import type { Environment } from '@tare/environment';
import { expect, it } from 'vitest';
import { arrivalRates } from './arrival-rates.ts';

const capacities = [
  { environment: 'native', workload: 'primes', rps: 2000 },
  { environment: 'docker', workload: 'primes', rps: 1000 },
];
const open = { rateRps: undefined, arrivals: 'poisson', durationMs: 3000 } as const;

it('loads all environments of a workload at a light share of what the slowest serves', () => {
  const rates = arrivalRates(capacities, [], open);
  expect(rates.of('primes', 'native')).toBe(200);
  expect(rates.of('primes', 'docker')).toBe(200);
  expect(rates.of('other', 'docker')).toBeUndefined();
  expect(rates.diagnostics.map(({ message }) => message)).toEqual([
    'primes: open loop at 200 requests/s, 20 % of the 1000 that docker, the slowest, served before the first round',
  ]);
});

it('says what a window takes that would hold too few requests', () => {
  const [found] = arrivalRates(capacities, [], { ...open, durationMs: 500 }).diagnostics;
  expect(found?.message).toMatch(
    /; its windows may hold fewer than 200 requests, which makes a p95 rough: --openDuration=1 is enough for them$/,
  );
});

it('leaves an emulated environment its own light load', () => {
  const environment = { name: 'vagrant' } as Environment;
  const rates = arrivalRates(
    [...capacities, { environment: 'vagrant', workload: 'primes', rps: 20 }],
    [{ environment, facts: { accelerator: 'tcg' } }] as never,
    open,
  );
  expect(rates.of('primes', 'docker')).toBe(200);
  expect(rates.of('primes', 'vagrant')).toBe(4);
});

it('takes the rate that is given, and none without an open window', () => {
  expect(arrivalRates(capacities, [], { ...open, rateRps: 80 }).of('primes', 'native')).toBe(80);
  expect(arrivalRates(capacities, [], undefined).of('primes', 'native')).toBeUndefined();
});
