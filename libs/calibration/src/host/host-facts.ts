import { readFile } from 'node:fs/promises';
import os from 'node:os';
import type { HostFacts } from '@tare/results';

/** @returns what is known of this host, as in a run file. */
export async function hostFacts(): Promise<HostFacts> {
  const cpus = os.cpus();
  return {
    cpuModel: cpus[0]?.model.trim() ?? 'unknown',
    // all of them, not just those that the runner has been pinned to
    cores: cpus.length,
    memoryMiB: Math.round(os.totalmem() / 1024 / 1024),
    kernel: `${os.type()} ${os.release()}`,
    os: await distribution(),
    virtualised: await hypervisor(),
    node: process.version,
  };
}

async function distribution(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? `${os.type()} ${os.release()}`;
}

async function hypervisor(): Promise<string> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => undefined);
  if (cpuinfo === undefined) return 'unknown';
  if (!/^flags\s*:.*\bhypervisor\b/m.test(cpuinfo)) return cpuinfo.includes('flags') ? 'none' : 'unknown';
  const vendor = await readFile('/sys/class/dmi/id/sys_vendor', 'utf8').catch(() => '');
  const type = await readFile('/sys/hypervisor/type', 'utf8').catch(() => '');
  return vendor.trim() || type.trim() || 'yes';
}
