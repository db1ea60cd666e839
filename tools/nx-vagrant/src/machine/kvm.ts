import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Obstacle } from '@tare/environment';

/** Where to look; for tests. */
type KvmPlaces = { readonly device?: string; readonly cpuinfo?: string };

/**
 * Why no guest of this host can run on its processor by KVM: no device, no right to open it, or no support by the processor.
 * @returns undefined where nothing is in the way that can be seen; even then a guest may fail to boot.
 */
export function kvmObstacle({ device = '/dev/kvm', cpuinfo = '/proc/cpuinfo' }: KvmPlaces = {}):
  Obstacle | undefined {
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      return {
        reason: `no KVM: this user may not open ${device}`,
        remedy: `usermod -aG kvm ${userInfo().username}, and log in again; in a container, give it the device`,
      };
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'ENXIO')
      return { reason: `no KVM: ${device} cannot be opened (${code})`, remedy: 'see dmesg | grep kvm' };
    const module = processorModule(cpuinfo);
    if (module === undefined)
      return {
        reason: 'no KVM: the processor shows neither vmx nor svm',
        remedy: 'switch virtualization on in the firmware; in a VM, nested virtualization on its host',
      };
    return {
      reason: `no KVM: there is no ${device}, though the processor could`,
      remedy: `load its module: modprobe ${module}; in a container, give it the device`,
    };
  }
}

/** The kernel module for the processor; undefined for one without virtualization (x86: its flags, proc_cpuinfo(5)). */
function processorModule(cpuinfo: string): string | undefined {
  if (process.arch !== 'x64') return 'kvm';
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync(cpuinfo, 'utf8'))?.[1]?.split(/\s+/) ?? [];
  if (flags.includes('vmx')) return 'kvm_intel';
  return flags.includes('svm') ? 'kvm_amd' : undefined;
}
