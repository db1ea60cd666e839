import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostActivity, type HostReading, parseHostStat, readClockMHz, readHost } from './host-stat.ts';

const ms = 1_000_000n;

it('adds up what is busy, and counts guests once', () => {
  // user nice system idle iowait irq softirq steal guest guest_nice
  const text = 'cpu  100 10 50 800 40 1 2 7 90 9\ncpu0 100 10 50 800 40 1 2 7 90 9\nintr 5 0 5\nctxt 9\n';
  const times = { busyNs: 1630n * ms, stealNs: 70n * ms, totalNs: 10_100n * ms };
  expect(parseHostStat(text)).toEqual({ all: times, cpus: new Map([[0, times]]) });
});

it('takes the columns that an old kernel lacks for 0', () => {
  expect(parseHostStat('cpu  5 1 4 90\ncpu0 5 1 4 90\n').all).toEqual({
    busyNs: 100n * ms,
    stealNs: 0n,
    totalNs: 1000n * ms,
  });
});

it('passes over columns that a newer kernel may add', () => {
  const known = 'cpu  1 2 3 4 5 6 7 8 9 10';
  expect(parseHostStat(`${known} 11 12\n`)).toEqual(parseHostStat(`${known}\n`));
});

it('leaves out CPUs that are offline', () => {
  expect([...parseHostStat('cpu  3 0 0 5\ncpu0 1 0 0 2\ncpu3 2 0 0 3\n').cpus.keys()]).toEqual([0, 3]);
});

it.each([
  ['', 'not the text of /proc/stat: ""'],
  ['cpu0 1 2 3 4\n', 'not the text of /proc/stat: "cpu0 1 2 3 4'],
  ['cpu  a b c d\n', 'not the text of /proc/stat: "cpu  a b c d'],
  ['cpu  0 0 0 0 0 0 0 0 0 0\n', '/proc/stat counts no time'],
])('refuses %j', (text, message) => {
  expect(() => parseHostStat(text)).toThrow(message);
});

it.skipIf(process.platform !== 'linux')('reads the text of this host', () => {
  const { all, cpus } = parseHostStat(readFileSync('/proc/stat', 'latin1'));
  expect(cpus.size).toBeGreaterThan(0);
  expect(all.busyNs).toBeGreaterThan(0n);
  expect(all.totalNs).toBeGreaterThanOrEqual(all.busyNs + all.stealNs);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-clock-'));
  for (const [cpu, text] of [
    ['cpu0', '3000000\n'],
    ['cpu1', '3500000\n'],
    ['cpu2', '<unknown>\n'],
  ] as const) {
    await mkdir(join(folder, cpu, 'cpufreq'), { recursive: true });
    await writeFile(join(folder, cpu, 'cpufreq', 'scaling_cur_freq'), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('gives the mean of the CPUs asked for', () => {
  expect(readClockMHz([0], folder)).toBe(3000);
  expect(readClockMHz([0, 1], folder)).toBe(3250);
});

it('gives null when a CPU does not tell, is not there, or none is asked for', () => {
  expect(readClockMHz([0, 2], folder)).toBeNull();
  expect(readClockMHz([7], folder)).toBeNull();
  expect(readClockMHz([], folder)).toBeNull();
});

const seconds = (count: number): bigint => BigInt(Math.round(count * 1e9));
const reading = (
  at: number,
  busy: number,
  steal = 0,
  clockMHz: number | null = null,
  total = 2 * at,
): HostReading => ({
  atNs: seconds(at),
  busyNs: seconds(busy),
  stealNs: seconds(steal),
  totalNs: seconds(total),
  clockMHz,
});

it('takes off what is our own', () => {
  const { foreignCpus } = hostActivity(reading(10, 5), reading(12, 8), { ownCpuNs: seconds(2.5) });
  expect(foreignCpus).toBeCloseTo(0.25, 12);
});

it('is never below zero: a tick more or less is no negative activity', () => {
  expect(hostActivity(reading(10, 5), reading(12, 6), { ownCpuNs: seconds(1.02) }).foreignCpus).toBe(0);
});

it('gives steal as a share of the time of all CPUs', () => {
  expect(hostActivity(reading(10, 5, 1), reading(12, 6, 1.2), { ownCpuNs: 0n }).stealPercent).toBeCloseTo(5);
});

it('gives the clock at both ends, or null when one is missing', () => {
  const own = { ownCpuNs: 0n };
  expect(hostActivity(reading(1, 1, 0, 3000), reading(2, 1, 0, 2800), own).clockMHz).toEqual([3000, 2800]);
  expect(hostActivity(reading(1, 1, 0, 3000), reading(2, 1), own).clockMHz).toBeNull();
});

it('knows nothing without a reading, without time between, or when a CPU went offline', () => {
  const unknown = { foreignCpus: null, stealPercent: null, clockMHz: null };
  const own = { ownCpuNs: 0n };
  expect(hostActivity(null, reading(2, 1), own)).toEqual(unknown);
  expect(hostActivity(reading(2, 1), null, own)).toEqual(unknown);
  expect(hostActivity(reading(2, 1), reading(2, 1), own)).toEqual(unknown);
  expect(hostActivity(reading(2, 1, 0, null, 9), reading(3, 0.5, 0, null, 5), own)).toEqual(unknown);
});

it.skipIf(process.platform !== 'linux')('reads this host', () => {
  const found = readHost();
  expect(found?.totalNs).toBeGreaterThanOrEqual((found?.busyNs ?? 0n) + (found?.stealNs ?? 0n));
});
