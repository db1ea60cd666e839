import type { Vagrant } from '../client/vagrant.ts';
import { consoleTail } from '../libvirt/console-tail.ts';
import { virsh } from '../libvirt/virsh.ts';
import { endTunnel } from './free-port.ts';
import { machineId } from './machine-id.ts';
import type { MachinePlace } from './machine-place.ts';

/** A machine to boot. */
export type Boot = {
  readonly vagrant: Vagrant;
  readonly place: MachinePlace;
  /** The host's port that is forwarded to it; undefined for none. */
  readonly port: number | undefined;
  /** How long it may take to boot and be provisioned. */
  readonly deadlineMs: number;
  /** Watches the boot; when it rejects, the boot is given up with its error. */
  readonly watch?: (signal: AbortSignal) => Promise<void>;
};

/**
 * Boots and provisions a machine. When that fails, takes too long or is aborted, no hypervisor, ssh or Vagrant is left
 * running.
 * @throws Error in one line; for a boot that takes too long, with the last lines of the console.
 */
export async function bootMachine(
  { vagrant, place, port, deadlineMs, watch }: Boot,
  signal: AbortSignal,
): Promise<void> {
  const givenUp = new AbortController();
  const over = new AbortController();
  const timer = setTimeout(() => {
    void describeDelay(place, deadlineMs).then((line) => {
      givenUp.abort(new Error(line));
    });
  }, deadlineMs);
  watch?.(AbortSignal.any([signal, over.signal])).catch((error: unknown) => {
    if (!signal.aborted && !over.signal.aborted) givenUp.abort(error);
  });
  const stop = AbortSignal.any([signal, givenUp.signal]);
  // at once, as Nx gives an interrupted task few seconds; what fails here is tried again below
  const cut = (): void => void powerOff(place, port).catch(() => undefined);
  stop.addEventListener('abort', cut, { once: true });
  try {
    await vagrant.up({ provision: true, signal: stop });
  } catch (error) {
    // Vagrant may have switched it on since
    await powerOff(place, port);
    throw error;
  } finally {
    stop.removeEventListener('abort', cut);
    clearTimeout(timer);
    over.abort();
  }
}

async function describeDelay({ folder, provider }: MachinePlace, deadlineMs: number): Promise<string> {
  const id = provider === 'libvirt' ? machineId(folder) : undefined;
  const said =
    id === undefined ? 'the hypervisor had not started it' : `its console: ${await consoleTail(id)}`;
  return `the machine did not boot within ${deadlineMs / 1_000} s; ${said}`;
}

/** At once, without asking the guest: it may hang. */
async function powerOff(place: MachinePlace, port: number | undefined): Promise<void> {
  if (port !== undefined) endTunnel(port, place);
  const id = machineId(place.folder, place.provider);
  if (id === undefined || place.provider !== 'libvirt') return;
  try {
    await virsh(['destroy', id], AbortSignal.timeout(30_000));
  } catch (error) {
    // Vagrant may have taken it down already
    if (!(error instanceof Error && /not running|failed to get domain/.test(error.message))) throw error;
  }
}
