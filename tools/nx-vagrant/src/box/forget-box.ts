import type { Vagrant } from '../client/vagrant.ts';
import { virsh } from '../libvirt/virsh.ts';

/**
 * Removes a box from Vagrant, and the copy of its disk that vagrant-libvirt keeps in the storage pool `default`.
 * @returns one line for each thing removed.
 */
export async function forgetBox(
  vagrant: Pick<Vagrant, 'boxList' | 'boxRemove'>,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const removed: string[] = [];
  if ((await vagrant.boxList({ signal })).some((box) => box.name === name)) {
    await vagrant.boxRemove({ name, signal });
    removed.push(`box ${name}`);
  }
  for (const volume of boxVolumes(await virsh(['vol-list', 'default'], signal), name)) {
    await virsh(['vol-delete', '--pool', 'default', volume], signal);
    removed.push(`volume ${volume}`);
  }
  return removed;
}

/** The volumes of a box in what `virsh vol-list` prints: a table of name and path. */
export function boxVolumes(table: string, box: string): readonly string[] {
  const prefix = `${box.replaceAll('/', '-VAGRANTSLASH-')}_vagrant_box_image_`;
  return table.split('\n').flatMap((line) => {
    const name = line.trim().split(/\s+/)[0] ?? '';
    return name.startsWith(prefix) ? [name] : [];
  });
}
