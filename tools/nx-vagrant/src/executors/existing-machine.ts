import { createVagrant, type MachineState, type Vagrant } from '../client/vagrant.ts';
import { machineId } from '../machine/machine-id.ts';
import { type MachinePlace, machineState } from '../machine/machine-place.ts';

/** A machine that Vagrant has made. */
export type ExistingMachine = {
  readonly place: MachinePlace;
  readonly vagrant: Vagrant;
  readonly state: MachineState;
};

/**
 * The machine of a folder, whichever provider has it.
 * @param folder absolute path of the folder with the Vagrantfile.
 * @returns undefined when none has been created; finding that out takes no Ruby.
 */
export async function existingMachine(
  folder: string,
  signal: AbortSignal,
): Promise<ExistingMachine | undefined> {
  const place = (['libvirt', 'virtualbox'] as const)
    .map((provider) => ({ folder, provider }))
    .find((each) => machineId(each.folder, each.provider) !== undefined);
  if (place === undefined) return undefined;
  const vagrant = createVagrant({
    ...place,
    variables: {},
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  return { place, vagrant, state: await machineState(place, vagrant, signal) };
}

const usualPort = 8001;

/**
 * The host's port that the Vagrantfile forwards to the guest, from `TARE_PORT` and `TARE_FORWARD`.
 * @returns undefined when `TARE_FORWARD` is 0.
 * @throws Error in one line when `TARE_PORT` is no port.
 */
export function forwardedPort(variables: NodeJS.ProcessEnv = process.env): number | undefined {
  if (variables.TARE_FORWARD === '0') return undefined;
  const given = variables.TARE_PORT ?? String(usualPort);
  const port = Number(given);
  if (!/^\d+$/.test(given) || port < 1 || port > 65_535)
    throw new Error(`TARE_PORT is "${given}"; expected a port from 1 to 65535`);
  return port;
}
