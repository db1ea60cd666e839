import { machineId, type MachinePlace, machineState } from '../machine/machine-place.ts';
import { createVagrant, type MachineState, type Vagrant } from '../vagrant-client.ts';

/** A machine that Vagrant has made. */
type ExistingMachine = {
  readonly place: MachinePlace;
  readonly vagrant: Vagrant;
  readonly state: MachineState;
};

/**
 * The machine of a folder, whichever provider has it.
 * @param folder absolute path of the folder with the Vagrantfile.
 * @returns undefined when none has been created; this starts no Ruby.
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
