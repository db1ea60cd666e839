import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requiredKinds } from '@tare/environment';
import { probeVagrant } from '../probe/probe-vagrant.ts';

const workspace = new URL('../../../../', import.meta.url);

/** Where the recipe of a VM lies, and where its box. */
export type TestVm = { readonly folder: URL; readonly records: URL };

/**
 * What tests with a real VM need; undefined, with the reason printed, where there is no provider or no box.
 * @throws Error where there is none and `TARE_REQUIRE` names vagrant.
 */
export async function vmForTests(): Promise<TestVm | undefined> {
  const vm = {
    folder: new URL('environments/vagrant/', workspace),
    records: new URL('dist/vagrant/', workspace),
  };
  const line = await whyNot(vm);
  if (line === undefined) return vm;
  if (requiredKinds().has('vagrant')) throw new Error(line);
  process.stdout.write(`tests with a real VM skipped: ${line}\n`);
  return undefined;
}

async function whyNot({ records }: TestVm): Promise<string | undefined> {
  const found = await probeVagrant(AbortSignal.timeout(10_000));
  if (!found.usable) return `${found.reason}. ${found.remedy}`;
  if (found.provider !== 'libvirt') return `the provider is ${found.provider}, not libvirt`;
  const box = fileURLToPath(new URL('box/box.json', records));
  return existsSync(box) ? undefined : `there is no box (${box}). Run nx run vagrant:vagrant-box.`;
}
