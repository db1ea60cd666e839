import { expect, it } from 'vitest';
import { hostActivity } from './host-activity.ts';
import { readHost, type HostReading } from './host-stat.ts';

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
