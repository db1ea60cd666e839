import { expect, it } from 'vitest';
import { parseSlo } from './parse-slo.ts';

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
