import type { Vagrant } from '../client/vagrant.ts';
import {
  type Accelerator,
  awaitGuestNetwork,
  kvmDevice,
  rememberChoice,
  rememberedChoice,
} from '../environment/accelerator.ts';
import { resumeDomain } from '../libvirt/domain.ts';
import { type Boot, bootMachine } from './boot-machine.ts';
import { freePort, isForwarded } from './free-port.ts';
import { machineId } from './machine-id.ts';
import { machineBox, type MachinePlace, machineState } from './machine-place.ts';

/** A machine that shall run, provisioned with what is new. */
export type BringUp = {
  readonly place: MachinePlace;
  /** A client for the machine with this accelerator; undefined leaves the choice to the Vagrantfile. */
  readonly vagrant: (accelerator: Accelerator | undefined) => Vagrant;
  /** `auto`: KVM where a guest boots with it, else emulation. undefined leaves it to the Vagrantfile. */
  readonly accelerator: Accelerator | 'auto' | undefined;
  /** Absolute path of the folder where it is written down how a boot with KVM came out. */
  readonly records: string;
  /** Name of the box that it shall be made of. */
  readonly box: string;
  /** The host's port that is forwarded to it; undefined for none. */
  readonly port: number | undefined;
  readonly bootDeadlineMs: number;
  readonly say: (line: string) => void;
};

/**
 * Makes a machine run: one that runs already, perhaps left by a run that was killed, is provisioned anew and told of; one
 * of another box is removed first.
 * @throws Error in one line. A machine that this call booted is not left behind then.
 */
export async function bringUp(order: BringUp, signal: AbortSignal): Promise<void> {
  const { place, port, say } = order;
  const vagrant = order.vagrant(undefined);
  const state = await stateForBox(order, vagrant, signal);
  const id = machineId(place.folder, place.provider);
  if (state === 'paused' && place.provider === 'libvirt' && id !== undefined) await resumeDomain(id, signal);
  if (state === 'running' || state === 'paused') {
    if (port === undefined || place.provider !== 'libvirt' || isForwarded(port, place)) {
      say('the machine runs already; it is provisioned with what is new');
      return vagrant.provision({ signal });
    }
    say(`the machine runs already, and nothing forwards port ${port} to it; it is started anew`);
    await vagrant.halt({ force: true, signal });
  }
  if (port !== undefined) await freePort(port, place, say);
  await boot(order, signal);
}

async function stateForBox(
  { place, box, say }: BringUp,
  vagrant: Vagrant,
  signal: AbortSignal,
): Promise<string> {
  const state = await machineState(place, vagrant, signal);
  const former = machineBox(place);
  if (state === 'not_created' || former === undefined || former === box) return state;
  say(`the machine is made of the box ${former}; it is removed, and made of ${box}`);
  await vagrant.destroy({ signal });
  return 'not_created';
}

async function boot(order: BringUp, signal: AbortSignal): Promise<void> {
  const { place, port, bootDeadlineMs, records, box, say } = order;
  const start = (accelerator: Accelerator | undefined, watch?: Boot['watch']): Promise<void> =>
    bootMachine(
      {
        vagrant: order.vagrant(accelerator),
        place,
        port,
        deadlineMs: bootDeadlineMs,
        ...(watch === undefined ? {} : { watch }),
      },
      signal,
    );
  if (order.accelerator !== 'auto' || place.provider !== 'libvirt')
    return start(order.accelerator === 'auto' ? undefined : order.accelerator);
  const known = kvmDevice() ? rememberedChoice(records, box)?.accelerator : 'tcg';
  if (known !== undefined) return start(known);
  let booting = true;
  try {
    await start('kvm', async (watching) => {
      await awaitGuestNetwork(place.folder, watching);
      booting = false;
    });
    rememberChoice(records, box, { accelerator: 'kvm', reason: 'a guest boots with it' });
  } catch (error) {
    signal.throwIfAborted();
    // a guest that has an address runs: what failed then is not KVM
    if (!booting) throw error;
    const reason = `with KVM the guest does not boot: ${error instanceof Error ? error.message : String(error)}`;
    say(`${reason}; emulation is tried`);
    rememberChoice(records, box, { accelerator: 'tcg', reason });
    // a domain that was made for KVM does not boot without it
    if (machineId(place.folder, place.provider) !== undefined) await order.vagrant('tcg').destroy({ signal });
    await start('tcg');
  }
}
