import { expect, it } from 'vitest';
import { constantRate, startSendClock, type SendClock } from './send-clock.ts';

function record(rateRps: number, count: number, spin: boolean): { clock: SendClock; lateMs: number[] } {
  const lateMs: number[] = [];
  const startAtMs = performance.now() + 20;
  const clock = startSendClock({
    schedule: constantRate(rateRps),
    startAtMs,
    count,
    giveUpAtMs: startAtMs + 5000,
    spin,
    send: (_, late) => {
      lateMs.push(late);
    },
  });
  return { clock, lateMs };
}
/** The better sends: the others are the fault of whatever else runs on this machine. */
const lowerTenth = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? NaN;

it('sends within 0.1 ms of the planned times, never before', { retry: 2 }, async () => {
  const { clock, lateMs } = record(400, 200, true);
  expect(await clock.finished).toBe(200);
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  expect(lowerTenth(lateMs)).toBeLessThan(0.1);
});

it('sends within about a millisecond by timers alone, and polls nothing', { retry: 2 }, async () => {
  const { clock, lateMs } = record(200, 100, false);
  expect(await clock.finished).toBe(100);
  expect(lowerTenth(lateMs)).toBeLessThan(1);
  expect(clock.idleMs()).toBe(0);
});

it('sends what a blocked event loop has kept back, at once and as late as it is', { retry: 2 }, async () => {
  const { clock, lateMs } = record(1000, 200, true);
  setTimeout(() => {
    const until = performance.now() + 60;
    while (performance.now() < until);
  }, 60);
  expect(await clock.finished).toBe(200);
  expect(Math.max(...lateMs)).toBeGreaterThan(50);
  expect(lateMs.filter((late) => late > 1).length).toBeGreaterThan(50);
  expect(lowerTenth(lateMs.slice(-50))).toBeLessThan(1);
});

it('takes the polling between sends for idle', { retry: 2 }, async () => {
  const cpu = process.cpuUsage();
  const { clock } = record(50, 20, true);
  await clock.finished;
  const { user, system } = process.cpuUsage(cpu);
  expect(clock.idleMs()).toBeGreaterThan(5);
  expect(clock.idleMs()).toBeLessThan((user + system) / 1000);
});

it('gives up what it cannot send in time', async () => {
  const startAtMs = performance.now();
  const clock = startSendClock({
    schedule: constantRate(10),
    startAtMs,
    count: 1000,
    giveUpAtMs: startAtMs + 250,
    spin: false,
    send: () => undefined,
  });
  expect(await clock.finished).toBe(3);
});

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
