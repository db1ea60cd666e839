import { expect, it } from 'vitest';
import { startSendClock, type SendClock } from './send-clock.ts';
import { constantRate } from './send-schedule.ts';

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
