import { expect, it } from 'vitest';
import { parseCapacityPlan, type CapacityOptions } from './capacity-plan.ts';

it('fills in the defaults', () => {
  expect(parseCapacityPlan({})).toEqual({
    slo: { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 },
    windowMs: 3000,
    tolerance: 0.05,
    passes: 2,
    startRps: 50,
    maxRps: 100_000,
  });
});

it('takes numbers as text, as a command line gives them', () => {
  const options = { duration: '1.5', tolerance: '2', passes: '3', startRate: '12.5', maxRate: '400' };
  expect(parseCapacityPlan(options)).toMatchObject({
    windowMs: 1500,
    tolerance: 0.02,
    passes: 3,
    startRps: 12.5,
    maxRps: 400,
  });
});

it.each<[CapacityOptions, string]>([
  [{ startRate: 0 }, '--startRate=0: expected a number of requests per second from 1 to 1000000'],
  [{ maxRate: -5 }, '--maxRate=-5: expected a number of requests per second from 1 to 1000000'],
  [{ startRate: 'x' }, '--startRate=x: expected a number of requests per second from 1 to 1000000'],
  [
    { startRate: 100, maxRate: 50 },
    '--maxRate=50: expected at least the start rate, 100 requests per second',
  ],
  [{ duration: 0.1 }, '--duration=0.1: expected a number of seconds from 1 to 600'],
  [{ tolerance: 0 }, '--tolerance=0: expected a percentage from 0.5 to 50'],
  [{ passes: 1.5 }, '--passes=1.5: expected a whole number from 1 to 20'],
  [{ slo: 'p99<=50' }, '--slo=p99<=50: expected a unit: ms or s, as in p99<=50ms'],
])('refuses %j in one clear line', (options, message) => {
  expect(() => parseCapacityPlan(options)).toThrow(new Error(message));
});
