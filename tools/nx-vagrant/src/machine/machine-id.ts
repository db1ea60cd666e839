import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Variables } from '@tare/metrics';

/**
 * Where Vagrant keeps what it knows of the machines of a folder.
 * @param folder absolute path of the folder with the Vagrantfile; `TARE_VAGRANT_STATE` moves the state out of it.
 */
export function stateFolder(folder: string, variables: Variables = process.env): string {
  return resolve(folder, variables.TARE_VAGRANT_STATE ?? '.vagrant');
}

/**
 * Vagrant's own state of the machine `default` of a folder, on disk.
 * @param folder absolute path of the folder with the Vagrantfile.
 */
export function machineStateFolder(
  folder: string,
  provider: 'libvirt' | 'virtualbox' = 'libvirt',
  variables: Variables = process.env,
): string {
  return join(stateFolder(folder, variables), 'machines/default', provider);
}

/**
 * What the provider calls the machine `default` of a folder: under libvirt the UUID of its domain, which virsh takes in
 * place of a name. Read from Vagrant's own state, without starting Ruby.
 * @param folder absolute path of the folder with the Vagrantfile.
 * @returns undefined when the machine has not been created.
 */
export function machineId(
  folder: string,
  provider: 'libvirt' | 'virtualbox' = 'libvirt',
  variables: Variables = process.env,
): string | undefined {
  const file = join(machineStateFolder(folder, provider, variables), 'id');
  if (!existsSync(file)) return undefined;
  const id = readFileSync(file, 'utf8').trim();
  return id === '' ? undefined : id;
}
