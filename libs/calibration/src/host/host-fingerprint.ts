import { createHash } from 'node:crypto';
import type { HostFacts } from '@tare/results';

const digits = 12;

/**
 * 12 hex digits that stand for a host: the same as in its history. They change with the model and number of CPUs, the memory
 * (in GiB), the kernel's major and minor version, the hypervisor, and the version of Node.
 */
export function hostFingerprint(host: HostFacts): string {
  const { cpuModel, cores, memoryMiB, virtualised, node } = host;
  const kernel = /^\D*\d+\.\d+/.exec(host.kernel)?.[0] ?? host.kernel;
  const stable = { cores, cpuModel, kernel, memoryGiB: Math.round(memoryMiB / 1024), node, virtualised };
  return createHash('sha256').update(JSON.stringify(stable)).digest('hex').slice(0, digits);
}
