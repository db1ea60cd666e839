import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processMeter } from '../meters/process-meter.ts';
import { hostActivity, readHost } from './host-stat.ts';

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
