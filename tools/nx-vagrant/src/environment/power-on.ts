import { readFileSync } from 'node:fs';
import { findProcess } from '@tare/metrics';

const ticksPerSecond = 100n;
const nsPerSecond = 1_000_000_000n;

/**
 * When a process began, on the monotonic clock, in nanoseconds; right to ± 10 ms, the kernel's step (proc_pid_stat(5),
 * starttime). For the hypervisor's process that is the power on of the VM.
 * @returns undefined when it is gone.
 */
export function processStartNs(pid: number): bigint | undefined {
  const found = findProcess(pid);
  if (found === undefined) return undefined;
  const upNs = BigInt(Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1e9));
  const startNs = (BigInt(found.startTicks) * nsPerSecond) / ticksPerSecond;
  return process.hrtime.bigint() - (upNs - startNs);
}
