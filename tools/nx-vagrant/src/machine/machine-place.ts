import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Variables } from '@tare/metrics';
import { z } from 'zod';
import { domainState } from '../libvirt.ts';
import type { Provider } from '../records.ts';
import { createVagrant, stateFolder, type MachineState, type Vagrant } from '../vagrant-client.ts';

/** Which machine: the one named `default` of a folder with a Vagrantfile, as a provider has it. */
export type MachinePlace = {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly provider: Provider;
};

/** A machine that Vagrant has made. */
type ExistingMachine = {
  readonly vagrant: Vagrant;
  readonly state: MachineState;
};

/**
 * The machine of a folder, whichever provider has it. Prints what its Vagrant says.
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
  return { vagrant, state: await machineState(place, vagrant, signal) };
}

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

/**
 * The state of a machine, in Vagrant's words. Asks libvirt itself where it can: 20 ms in place of the 2 s that Ruby takes
 * to start.
 */
export async function machineState(
  place: MachinePlace,
  vagrant: Pick<Vagrant, 'status'>,
  signal: AbortSignal,
): Promise<MachineState> {
  const id = machineId(place.folder, place.provider);
  if (id === undefined) return 'not_created';
  if (place.provider !== 'libvirt') return vagrant.status({ signal });
  try {
    const state = await domainState(id, signal);
    return state === 'shut off' ? 'shutoff' : state;
  } catch (error) {
    if (error instanceof Error && /failed to get domain|Domain not found/.test(error.message))
      return 'not_created';
    throw error;
  }
}

/** What a machine is made of and what runs in it; the Vagrantfile reads it from environment variables. */
type MachineSettings = {
  /** Name of an installed box. */
  readonly box: string;
  /** Version of a public box; a built one has its version in its name. */
  readonly boxVersion?: string;
  /** Workload → absolute path of its bundle, in order: the first is enabled at boot. */
  readonly artifacts: Readonly<Record<string, string>>;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly driver?: 'kvm' | 'qemu';
  /** The run that owns the machine. */
  readonly runId?: string;
  readonly nodeArguments?: readonly string[];
  /** Memory limit of the app in the guest. */
  readonly appMemoryMiB?: number;
  /** Whether provisioning starts the first workload; true by default. */
  readonly start?: boolean;
  /** Whether to forward a port of the host to the guest's 8000; true by default. */
  readonly forward?: boolean;
};

/** The environment variables for the Vagrantfile; leaves out settings that are not given. */
export function machineVariables(settings: MachineSettings): Readonly<Record<string, string>> {
  const named: Readonly<Record<string, string | number | undefined>> = {
    TARE_BOX: settings.box,
    TARE_BOX_VERSION: settings.boxVersion,
    TARE_ARTIFACTS: Object.entries(settings.artifacts)
      .map(([workload, path]) => `${workload}=${path}`)
      .join(','),
    TARE_CPUS: settings.cpus,
    TARE_MEMORY_MIB: settings.memoryMiB,
    TARE_DRIVER: settings.driver,
    TARE_RUN: settings.runId,
    TARE_NODE_ARGUMENTS: settings.nodeArguments?.join(' '),
    TARE_APP_MEMORY_MIB: settings.appMemoryMiB,
    TARE_START: asNumber(settings.start),
    TARE_FORWARD: asNumber(settings.forward),
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function asNumber(yes: boolean | undefined): number | undefined {
  return yes === undefined ? undefined : Number(yes);
}

/**
 * Vagrant's own state of the machine `default` of a folder, on disk.
 * @param folder absolute path of the folder with the Vagrantfile.
 */
function machineStateFolder(
  folder: string,
  provider: Provider = 'libvirt',
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
  provider: Provider = 'libvirt',
  variables: Variables = process.env,
): string | undefined {
  const file = join(machineStateFolder(folder, provider, variables), 'id');
  if (!existsSync(file)) return undefined;
  const id = readFileSync(file, 'utf8').trim();
  return id === '' ? undefined : id;
}
