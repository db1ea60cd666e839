import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Provider } from '../record/probe-record.ts';
import { machineStateFolder } from './machine-id.ts';

/** Which machine: the one named `default` of a folder with a Vagrantfile, as a provider has it. */
export type MachinePlace = {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly provider: Provider;
};

/** Name of the box that the machine was made of; undefined when Vagrant has not written it down. */
export function machineBox({ folder, provider }: MachinePlace): string | undefined {
  const file = join(machineStateFolder(folder, provider), 'box_meta');
  if (!existsSync(file)) return undefined;
  return z.object({ name: z.string() }).safeParse(JSON.parse(readFileSync(file, 'utf8'))).data?.name;
}

/** Pid of the ssh that forwards a port to the guest, as vagrant-libvirt noted it; it may have ended since. */
export function tunnelPid({ folder, provider }: MachinePlace, port: number): number | undefined {
  const file = join(machineStateFolder(folder, provider), 'pids', `ssh_${port}.pid`);
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : undefined;
}
