import { expect, it } from 'vitest';
import { trueQuantileMs, type LatencyProfile } from './latency-profile.ts';
import {
  constantRate,
  poissonArrivals,
  startSendClock,
  windowSchedule,
  type SendClock,
  type SendSchedule,
} from './send-clock.ts';

function record(rateRps: number, count: number, spin: boolean): { clock: SendClock; lateMs: number[] } {
  const lateMs: number[] = [];
  const startAtMs = performance.now() + 20;
  const clock = startSendClock({
    schedule: constantRate(rateRps),
    startAtMs,
    first: 0,
    until: count,
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

it('sends a stretch of the plan', async () => {
  const sent: number[] = [];
  const clock = startSendClock({
    schedule: constantRate(1000),
    startAtMs: performance.now() - 50,
    first: 60,
    until: 65,
    giveUpAtMs: performance.now() + 5000,
    spin: false,
    send: (index) => {
      sent.push(index);
    },
  });
  expect(await clock.finished).toBe(65);
  expect(sent).toEqual([60, 61, 62, 63, 64]);
});

it('gives up what it cannot send in time', async () => {
  const startAtMs = performance.now();
  const clock = startSendClock({
    schedule: constantRate(10),
    startAtMs,
    first: 0,
    until: 1000,
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

const timesOf = ({ plannedMs }: SendSchedule, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => plannedMs(index));

it('plans as many random times in a window as the constant beat, in their order and within it', () => {
  for (const [rate, durationMs] of [
    [0.1, 1000],
    [30, 3000],
    [333.3, 2500],
    [20_000, 5000],
  ] as const) {
    const schedule = poissonArrivals(rate, durationMs, 7);
    const count = constantRate(rate).plannedBefore(durationMs);
    expect(schedule.plannedBefore(durationMs)).toBe(count);
    const times = timesOf(schedule, count);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThanOrEqual(0);
    expect(times.at(-1)).toBeLessThan(durationMs);
    expect(schedule.plannedMs(count)).toBe(Infinity);
  }
});

it('counts the random times before a moment', () => {
  const schedule = poissonArrivals(100, 3000, 1);
  const times = timesOf(schedule, 300);
  for (const timeMs of [0, 0.5, 250, 1000, 2999.9, 3000, 5000])
    expect(schedule.plannedBefore(timeMs)).toBe(times.filter((each) => each < timeMs).length);
  for (const index of [0, 1, 17, 299]) expect(schedule.plannedBefore(schedule.plannedMs(index))).toBe(index);
});

it('plans the same random times with the same seed, others with another', () => {
  const times = (seed: number): readonly number[] => timesOf(poissonArrivals(100, 1000, seed), 100);
  expect(times(5)).toEqual(times(5));
  expect(times(6)).not.toEqual(times(5));
});

it('plans gaps that are exponential and independent of each other', () => {
  const count = 20_000;
  const times = timesOf(poissonArrivals(1000, 20_000, 3), count);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  expect(mean).toBeCloseTo(1, 2);
  for (const limitMs of [0.1, 0.5, 1, 2, 4]) {
    const share = gaps.filter((gap) => gap > limitMs).length / gaps.length;
    // four standard deviations of a share of 20,000
    expect(Math.abs(share - Math.exp(-limitMs))).toBeLessThan(0.015);
  }
  const products = gaps.slice(1).map((gap, index) => (gap - mean) * ((gaps[index] ?? 0) - mean));
  expect(Math.abs(products.reduce((sum, each) => sum + each, 0) / products.length)).toBeLessThan(0.03);
});

/** What requests at these times wait for a server that stalls from `phaseMs` on, 150 ms in each second. */
function p90UnderStall(times: readonly number[], phaseMs: number): number {
  const latencies = times
    .map((time) => Math.max(0, 150 - ((time - phaseMs + 1e6) % 1000)))
    .toSorted((one, other) => one - other);
  return latencies[Math.ceil(latencies.length * 0.9) - 1] ?? NaN;
}

it('sees a stall whose period is a multiple of the beat as it is, where the constant beat is off in step with it', () => {
  const stall: LatencyProfile = { kind: 'stalling', stallMs: 150, periodMs: 1000 };
  const truthMs = trueQuantileMs(stall, 0.9);
  const open = { rateRps: 100, durationMs: 60_000 };
  const beat = timesOf(windowSchedule({ ...open, arrivals: 'constant' }, 1), 6000);
  // the longer window does not help: all hundred requests of a second have their fixed places in the period
  for (const phaseMs of [3, 5]) {
    expect(truthMs - p90UnderStall(beat, phaseMs)).toBeGreaterThan(2);
    expect(p90UnderStall(beat.slice(0, 1000), phaseMs)).toBe(p90UnderStall(beat, phaseMs));
  }
  const seeds = Array.from({ length: 50 }, (_, index) => index);
  const seen = seeds.map((seed) => p90UnderStall(timesOf(windowSchedule(open, seed), 6000), 3));
  // one has a standard deviation of 4 ms, their mean of 0.6 ms
  expect(Math.abs(seen.reduce((sum, each) => sum + each, 0) / seen.length - truthMs)).toBeLessThan(1.8);
});
