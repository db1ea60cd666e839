import { expect, it } from 'vitest';
import { constantRate } from './send-schedule.ts';

const rates = [0.1, 1, 3, 7, 99.9, 333.3, 400, 1000, 12_345.678, 100_000];

it('plans the first request at once and the others in equal steps', () => {
  for (const rate of rates) {
    const { plannedMs } = constantRate(rate);
    expect(plannedMs(0)).toBe(0);
    for (const index of [1, 10, 1000, 99_999])
      expect(plannedMs(index) - plannedMs(index - 1)).toBeCloseTo(1000 / rate, 4);
  }
});

it('does not drift over ten million requests', () => {
  for (const rate of rates) {
    const exactMs = (1e7 * 1000) / rate;
    expect(Math.abs(constantRate(rate).plannedMs(1e7) / exactMs - 1)).toBeLessThan(1e-15);
  }
});

it('counts exactly those requests whose planned time lies before a moment', () => {
  for (const rate of rates) {
    const { plannedMs, plannedBefore } = constantRate(rate);
    for (const timeMs of [0, 0.5, 1, 3, 299.9, 300, 1000, 6000, 12_345.678]) {
      const count = plannedBefore(timeMs);
      expect(plannedMs(count)).toBeGreaterThanOrEqual(timeMs);
      if (count > 0) expect(plannedMs(count - 1)).toBeLessThan(timeMs);
    }
    for (const index of [1, 2, 17, 4242]) expect(plannedBefore(plannedMs(index))).toBe(index);
  }
});

it('plans rate times duration requests in a window', () => {
  expect(constantRate(400).plannedBefore(6000)).toBe(2400);
  expect(constantRate(0.1).plannedBefore(1000)).toBe(1);
  expect(constantRate(50).plannedBefore(0)).toBe(0);
});

it('says what it is', () => {
  expect(String(constantRate(400))).toBe('constant 400 requests/s');
});

it('refuses a rate that is not a finite number above 0', () => {
  for (const rate of [0, -1, NaN, Infinity]) {
    expect(() => constantRate(rate)).toThrow(
      `rateRps: ${rate}: expected a finite number of requests per second above 0`,
    );
  }
});
