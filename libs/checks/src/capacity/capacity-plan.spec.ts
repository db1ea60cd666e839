import { expect, it } from 'vitest';
import { parseCapacityPlan, parseSlo, type CapacityOptions } from './capacity-plan.ts';

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

it.each([
  ['p99<=50ms', { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 }],
  ['p95<100ms', { text: 'p95 ≤ 100 ms', percentile: 95, limitMs: 100 }],
  [' p99.9 ≤ 2s ', { text: 'p99.9 ≤ 2 s', percentile: 99.9, limitMs: 2000 }],
  ['P50 <= 0.5 MS', { text: 'p50 ≤ 0.5 ms', percentile: 50, limitMs: 0.5 }],
])('reads %s', (text, slo) => {
  expect(parseSlo(text)).toEqual(slo);
});

it.each([
  ['p99<=50', '--slo=p99<=50: expected a unit: ms or s, as in p99<=50ms'],
  ['p99<=50us', '--slo=p99<=50us: expected the unit ms or s, as in p99<=50ms'],
  ['p99<=0ms', '--slo=p99<=0ms: expected a limit above 0, as in p99<=50ms'],
  ['p99<=-1ms', '--slo=p99<=-1ms: expected a limit above 0, as in p99<=50ms'],
  ['p99<=1000s', '--slo=p99<=1000s: expected a limit of at most 60 s, as in p99<=50ms'],
  ['p0<=50ms', '--slo=p0<=50ms: expected a quantile above p0 and below p100, as in p99<=50ms'],
  ['p100<=50ms', '--slo=p100<=50ms: expected a quantile, <= and a limit, as in p99<=50ms'],
  ['median<=50ms', '--slo=median<=50ms: expected a quantile, <= and a limit, as in p99<=50ms'],
  ['p99>=50ms', '--slo=p99>=50ms: expected a quantile, <= and a limit, as in p99<=50ms'],
  ['', '--slo=: expected a quantile, <= and a limit, as in p99<=50ms'],
  [true, '--slo=true: expected a quantile, <= and a limit, as in p99<=50ms'],
])('refuses %j in one clear line', (text, message) => {
  expect(() => parseSlo(text)).toThrow(new Error(message));
});
