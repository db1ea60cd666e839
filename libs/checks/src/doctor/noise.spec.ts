import { expect, it } from 'vitest';
import {
  latePercentOf,
  measureTimerJitter,
  measureWorkNoise,
  timerJitterLine,
  workNoiseLine,
} from './noise.ts';

it('weighs a long gap by its length, not as one of many', () => {
  // 100 ms in short turns, and one gap of 21 ms: of 121 moments 20 come up late
  const gapsMs = [...Array.from({ length: 1000 }, () => 0.1), 21];
  expect(latePercentOf(gapsMs)).toBeCloseTo((20 / 121) * 100, 9);
});

it('warns when more than 2.5 moments in a hundred are late, as the guard of a run does', () => {
  expect(timerJitterLine({ p99Ms: 0.01, longestMs: 3, latePercent: 2.5 }).level).toBe('good');
  expect(timerJitterLine({ p99Ms: 0.01, longestMs: 9, latePercent: 2.6 }).level).toBe('warning');
});

it('measures the turns of this event loop', async () => {
  const jitter = await measureTimerJitter(100, AbortSignal.timeout(10_000));
  expect(jitter.p99Ms).toBeGreaterThan(0);
  expect(jitter.longestMs).toBeGreaterThanOrEqual(jitter.p99Ms);
});

it('says which difference 12 rounds could see: power.t.test(12, sd = √2 · 2 %, power = 0.8) is 2.5 %', () => {
  // mean 25, coefficient of variation 2 %
  const times = Array.from(
    { length: 40 },
    (_, index) => 25 + (index % 2 === 0 ? 1 : -1) * 0.5 * Math.sqrt(39 / 40),
  );
  expect(workNoiseLine(times)).toMatchObject({
    level: 'good',
    finding:
      '40 × 25 ms of the same work vary by 2.0 %, the slowest is 2 % above the median; if trials varied as much, 12 rounds would see differences from 2.5 % on',
  });
});

it('warns when 12 rounds would not see 5 %', () => {
  const times = Array.from({ length: 40 }, (_, index) => 25 + (index % 2 === 0 ? 1.5 : -1.5));
  expect(workNoiseLine(times)).toMatchObject({ level: 'warning' });
});

it('times a fixed piece of work in a process of its own', async () => {
  const times = await measureWorkNoise(undefined, AbortSignal.timeout(20_000));
  expect(times).toHaveLength(40);
  expect(Math.min(...times)).toBeGreaterThan(5);
});

it('ends the process when it is aborted', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const times = measureWorkNoise(undefined, controller.signal);
  controller.abort(reason);
  await expect(times).rejects.toBe(reason);
});
