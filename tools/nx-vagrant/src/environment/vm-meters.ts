import { processMeter, type Meter } from '@tare/metrics';
import { domainPid } from '../libvirt/domain-pid.ts';
import type { GuestSampler } from '../guest/guest-sampler.ts';
import type { Tunnel } from './tunnel.ts';

/** Meters of a VM: the app in it, and what the VM costs this host. */
export type VmMeters = { readonly net: Meter; readonly gross: Meter };

/**
 * Opens the meters of a running VM. Net is read in the guest, at the host's time; gross is QEMU with all its threads, and
 * the tunnel where requests take one.
 * @throws Error when the VM does not run.
 */
export function vmMeters(domain: string, sampler: GuestSampler, tunnel: Tunnel | undefined): VmMeters {
  const pid = domainPid(domain);
  if (pid === undefined) throw new Error('the VM does not run: there is no QEMU process of it');
  return {
    net: {
      scope: 'the app’s processes in the VM, by the VM’s own accounts',
      read: () => sampler.read(),
      // the session owns the sampler
      close: () => Promise.resolve(),
    },
    gross: processMeter({
      scope: tunnel === undefined ? 'the VM’s QEMU process' : 'the VM’s QEMU process and the tunnel’s ssh',
      pids: () => [pid, ...(tunnel?.pids() ?? [])],
    }),
  };
}
