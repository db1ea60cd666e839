import { fileURLToPath } from 'node:url';
import { endProcesses } from '@tare/environment';
import { commandLineOf, listProcesses, runProgram } from '@tare/metrics';
import { domainPid } from '../libvirt.ts';
import { machineId, type MachinePlace } from '../machine/machine-place.ts';
import type { Service } from './services.ts';

const file = fileURLToPath(import.meta.url).replace(/relay\.([jt]s)$/, 'relay-process.$1');

/**
 * Forwards the ports of services to the guest of a libvirt machine, by a process that goes on until the machine is off. Vagrant's own
 * forwarding is an ssh, which ends when the guest reboots.
 * @param address the guest's.
 * @throws Error with what is in the way.
 */
export async function startRelay(
  place: MachinePlace,
  address: string,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<void> {
  const hypervisor = domainPid(machineId(place) ?? '');
  if (hypervisor === undefined) throw new Error(`the machine of ${place.folder} has ended`);
  const forwards = services.map(({ port, guestPort }) => `${port}:${guestPort}`);
  await runProgram(
    process.execPath,
    [file, 'launch', place.state, String(hypervisor), address, ...forwards],
    { signal, deadlineMs: 20_000 },
  );
}

/** Ends what forwards ports to the machine of a place. */
export async function endRelay(place: MachinePlace): Promise<void> {
  await endProcesses(listProcesses().filter(({ pid }) => isRelay(pid, place)));
}

/** Whether a process forwards ports to the machine of a place. */
function isRelay(pid: number, { state }: Pick<MachinePlace, 'state'>): boolean {
  const words = commandLineOf(pid);
  return words[1] === file && words[3] === state;
}
