import { readFileSync } from 'node:fs';
import { allowedCpus, parseCpuList } from '@tare/metrics';
import { virsh } from '../libvirt/virsh.ts';

/** Which CPUs of the host carry which part of a VM. */
export type VmPinning = {
  /** Of the vCPU that the app runs on. */
  readonly app: readonly number[];
  /** Of the other vCPUs and of the hypervisor's own threads. */
  readonly rest: readonly number[];
};

/**
 * Gives the app's vCPU the server's CPUs, and everything else of the VM the load generator's.
 * @returns undefined where the run does not pin.
 */
export function planPinning(serverCpus: readonly number[] | undefined): VmPinning | undefined {
  if (serverCpus === undefined) return undefined;
  const others = (cpus: readonly number[]): readonly number[] =>
    cpus.filter((cpu) => !serverCpus.includes(cpu));
  // a runner that is pinned itself is on the generator's
  const generator = others(allowedCpus() ?? []);
  const rest = generator.length > 0 ? generator : others(onlineCpus());
  return { app: serverCpus, rest: rest.length > 0 ? rest : serverCpus };
}

/** Pins a running domain with this many vCPUs; vCPU 0 is the app's. Lasts until the domain is switched off. */
export async function pinDomain(
  domain: string,
  vcpus: number,
  { app, rest }: VmPinning,
  signal: AbortSignal,
): Promise<void> {
  await virsh(['emulatorpin', domain, rest.join(','), '--live'], signal);
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    const cpus = vcpu === 0 ? app : rest;
    await virsh(['vcpupin', domain, String(vcpu), cpus.join(','), '--live'], signal);
  }
}

/** In words, for the run file. */
export function pinningWords(pinning: VmPinning | undefined): string {
  if (pinning === undefined) return 'not pinned';
  return `vCPU 0 to ${pinning.app.join(',')}; the rest of the VM to ${pinning.rest.join(',')}`;
}

function onlineCpus(): readonly number[] {
  try {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
  } catch {
    return [];
  }
}
