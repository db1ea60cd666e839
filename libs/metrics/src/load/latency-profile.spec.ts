import { expect, it } from 'vitest';
import { delayOfMs, trueMeanMs, trueQuantileMs, type LatencyProfile } from './latency-profile.ts';

const stall: LatencyProfile = { kind: 'stalling', stallMs: 200, periodMs: 2000 };
const bimodal: LatencyProfile = { kind: 'bimodal', fastMs: 2, slowMs: 20, fastShare: 0.93 };

it('knows the quantiles under a stall', () => {
  expect(trueQuantileMs(stall, 0.5)).toBe(0);
  expect(trueQuantileMs(stall, 0.9)).toBeCloseTo(0);
  expect(trueQuantileMs(stall, 0.95)).toBeCloseTo(100);
  expect(trueQuantileMs(stall, 0.99)).toBeCloseTo(180);
  expect(trueQuantileMs(stall, 1)).toBe(200);
  expect(trueMeanMs(stall)).toBeCloseTo(10);
});

it('agrees with simulated arrivals under a stall', () => {
  const waits = Array.from({ length: 20_000 }, (_, index) => Math.max(0, 200 - index / 10)).sort(
    (a, b) => a - b,
  );
  for (const quantile of [0.5, 0.9, 0.95, 0.99, 0.999])
    expect(
      Math.abs((waits[Math.floor(quantile * 20_000)] ?? 0) - trueQuantileMs(stall, quantile)),
    ).toBeLessThan(0.2);
});

it('gives the bimodal shares exactly, spread over the requests', () => {
  const delays = Array.from({ length: 1000 }, (_, index) => delayOfMs(bimodal, index));
  const slowIn = (part: readonly number[]): number => part.filter((delay) => delay === 20).length;
  expect(slowIn(delays)).toBe(70);
  expect(slowIn(delays.slice(300, 400))).toBe(7);
  expect(delays.reduce((sum, delay) => sum + delay, 0) / 1000).toBeCloseTo(trueMeanMs(bimodal));
});

it('knows the quantiles of two modes and of one', () => {
  expect([0.5, 0.9, 0.95, 0.99].map((quantile) => trueQuantileMs(bimodal, quantile))).toEqual([2, 2, 20, 20]);
  expect(trueQuantileMs({ kind: 'fixed', delayMs: 10 }, 0.99)).toBe(10);
});

it('refuses a quantile that is a percentage', () => {
  expect(() => trueQuantileMs(stall, 99)).toThrow(
    'quantile: 99: expected a number from 0 to 1, as 0.99 for p99',
  );
});
