import { createVagrant, type MachineState, type Vagrant } from '../client/vagrant.ts';
import { machineId } from '../machine/machine-id.ts';
import type { MachinePlace } from '../machine/machine-place.ts';
import { machineState } from '../machine/machine-state.ts';

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
