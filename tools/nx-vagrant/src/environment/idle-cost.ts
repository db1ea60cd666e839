import { setTimeout as sleep } from 'node:timers/promises';
import { processMeter } from '@tare/metrics';

/** What a VM costs the host while its service is stopped. */
export type IdleCost = {
  /** Of one CPU. */
  readonly idleCpuPercent: number;
  readonly idleMemoryMiB: number;
};

// what a boot or a provisioning leaves to do is over by then
const settleMs = 2000;
const windowMs = 3000;

/** @param pid of the hypervisor's process. */
export async function idleCost(pid: number, signal: AbortSignal): Promise<IdleCost> {
  const meter = processMeter({ scope: 'the idle VM', pids: () => [pid] });
  try {
    await sleep(settleMs, undefined, { signal });
    const before = await meter.read();
    await sleep(windowMs, undefined, { signal });
    const after = await meter.read();
    const share = Number(after.cpuNs - before.cpuNs) / Number(after.atNs - before.atNs);
    return {
      idleCpuPercent: Math.round(share * 1000) / 10,
      idleMemoryMiB: Math.round(after.memoryBytes / 2 ** 20),
    };
  } finally {
    await meter.close();
  }
}
