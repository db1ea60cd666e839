import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processMeter } from '../meters/process-meter.ts';
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

it.skipIf(process.platform !== 'linux')(
  'sees a busy process as one foreign CPU, and does not when it is our own',
  // others may begin or end their work between the two observations
  { retry: 3 },
  async ({ skip }) => {
    const quiet = await observe(undefined);
    // others work here as well: what they use must be small, and is taken off
    if (quiet.foreign > 0.5) skip(`this host is busy with other work: ${quiet.foreign.toFixed(2)} CPUs`);
    const script = `process.send(1);
      for (;;) if (process.uptime() > 30) process.exit();`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    try {
      await once(child, 'message');
      const busy = await observe(child.pid);
      expect(busy.foreign).toBeGreaterThan(0.85);
      expect(busy.foreign).toBeLessThan(1.15 + quiet.foreign);
      expect(busy.withoutChild).toBeLessThan(0.15 + quiet.foreign);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  },
);

/** Foreign CPUs of 1.5 s, as they are and with a child taken for our own. */
async function observe(
  childPid: number | undefined,
): Promise<{ readonly foreign: number; readonly withoutChild: number }> {
  const meter = processMeter({
    scope: 'a child',
    pids: () => [childPid ?? process.pid],
  });
  try {
    const runnerBefore = process.cpuUsage();
    const [begin, childBefore] = [readHost(), (await meter.read()).cpuNs];
    await sleep(1500);
    const [end, childAfter] = [readHost(), (await meter.read()).cpuNs];
    const runner = process.cpuUsage(runnerBefore);
    const runnerNs = BigInt(runner.user + runner.system) * 1000n;
    const childNs = childPid === undefined ? 0n : childAfter - childBefore;
    return {
      foreign: hostActivity(begin, end, { ownCpuNs: runnerNs }).foreignCpus ?? Number.NaN,
      withoutChild: hostActivity(begin, end, { ownCpuNs: runnerNs + childNs }).foreignCpus ?? Number.NaN,
    };
  } finally {
    await meter.close();
  }
}
