import type { Vagrant } from '../client/vagrant.ts';
import { virsh } from '../libvirt/virsh.ts';

/**
 * Removes a box from Vagrant, and the copy of its disk that vagrant-libvirt keeps in the storage pool `default`;
 * so too the earlier builds of the same box, unless a machine of Tare exists, whose disk may stand on one of them.
 * @returns one line for each thing removed.
 */
export async function forgetBox(
  vagrant: Pick<Vagrant, 'boxList' | 'boxRemove'>,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const machines = await virsh(['list', '--all', '--name'], signal);
  const machineExists = machines.split('\n').some((machine) => machine.startsWith('tare'));
  const isMeant = (box: string): boolean => box === name || (!machineExists && sameBox(box, name));
  const removed: string[] = [];
  for (const box of await vagrant.boxList({ signal })) {
    if (!isMeant(box.name)) continue;
    await vagrant.boxRemove({ name: box.name, signal });
    removed.push(`box ${box.name}`);
  }
  for (const volume of boxVolumes(await virsh(['vol-list', 'default'], signal), isMeant)) {
    await virsh(['vol-delete', '--pool', 'default', volume], signal);
    removed.push(`volume ${volume}`);
  }
  return removed;
}

/** Whether a box is a build of the same box as another: their names differ in the hash of the file at their end alone. */
export function sameBox(one: string, other: string): boolean {
  const hash = /-[0-9a-f]{12}$/;
  return hash.test(one) && one.replace(hash, '') === other.replace(hash, '');
}

/** The volumes of the boxes that are meant, in what `virsh vol-list` prints: a table of name and path. */
export function boxVolumes(table: string, isMeant: (box: string) => boolean): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const volume = line.trim().split(/\s+/)[0] ?? '';
    const box = /^(.+)_vagrant_box_image_/.exec(volume)?.[1]?.replaceAll('-VAGRANTSLASH-', '/');
    return box !== undefined && isMeant(box) ? [volume] : [];
  });
}
