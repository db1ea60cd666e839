import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

it('lets a client do two seconds of work at once, and then as much as the limit says', () => {
  let nowMs = 0;
  const limit = createRateLimit(2, () => nowMs);
  const taken = (times: number) => Array.from({ length: times }, () => limit.take('a'));
  expect(taken(5)).toEqual([0, 0, 0, 0, 1]);
  nowMs = 500;
  expect(taken(2)).toEqual([0, 1]);
  nowMs = 60_000;
  expect(taken(5)).toEqual([0, 0, 0, 0, 1]);
});

it('counts each client by itself', () => {
  const limit = createRateLimit(1, () => 0);
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([0, 0, 1, 0]);
});

it('has no limit when it is 0', () => {
  const limit = createRateLimit(0, () => 0);
  expect(Array.from({ length: 1000 }, () => limit.take('a')).every((seconds) => seconds === 0)).toBe(true);
});

it('forgets the client seen longest ago when there are too many', () => {
  const limit = createRateLimit(1, () => 0);
  for (let client = 0; client < 10_001; client += 1) [1, 2].forEach(() => limit.take(String(client)));
  expect([limit.take('10000'), limit.take('0')]).toEqual([1, 0]);
});
