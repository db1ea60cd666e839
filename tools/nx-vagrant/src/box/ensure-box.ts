import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Variables } from '@tare/metrics';
import { sha256OfFile } from '@tare/recipe';
import type { Vagrant } from '../client/vagrant.ts';
import { vagrantHome } from '../probe/host-tools.ts';
import type { BoxRecord } from '../record/records.ts';

/**
 * Makes sure that Vagrant has the box that a record names: adds the file beside the record, or downloads the public box.
 * @param folder absolute path of the folder with `box.json`.
 * @returns whether it had to be added.
 * @throws Error in one line when the file is not the recorded one, or the box cannot be downloaded.
 */
export async function ensureBox(
  vagrant: Pick<Vagrant, 'boxAdd'>,
  box: BoxRecord,
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (isInstalled(box)) return false;
  if (box.mode === 'public') {
    await vagrant.boxAdd({ name: box.name, source: box.name, version: box.version, signal });
    return true;
  }
  const file = join(folder, box.file);
  if (!existsSync(file) || (await sha256OfFile(file)) !== box.sha256)
    throw new Error(
      `${file} is not the box that box.json beside it names; run nx run vagrant:vagrant-box --skip-nx-cache`,
    );
  await vagrant.boxAdd({ name: box.name, source: file, signal });
  return true;
}

/** Looks into Vagrant's folder, as asking Vagrant takes a second or two. */
function isInstalled(box: BoxRecord, variables: Variables = process.env): boolean {
  const [version, provider] = box.mode === 'built' ? ['0', 'libvirt'] : [box.version, '*'];
  const folder = join(vagrantHome(variables), 'boxes', box.name.replaceAll('/', '-VAGRANTSLASH-'), version);
  return existsSync(provider === '*' ? folder : join(folder, provider, 'metadata.json'));
}
