import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { unitName } from '../guest/guest-service.ts';
import { domainState, libvirt } from '../libvirt.ts';
import { ownRecipe } from '../recipe.ts';
import type { Provider } from '../records.ts';
import { virtualBox } from '../virtualbox.ts';
import type { Hypervisor } from './hypervisor.ts';
import { createVagrant, stateFolder, type MachineState, type Vagrant } from '../vagrant-client.ts';

/** Which machine: the one named `default` of a folder with a Vagrantfile, as a provider has it. */
export type MachinePlace = {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly provider: Provider;
  /** Absolute path of the folder in which Vagrant keeps what it knows of the machine. */
  readonly state: string;
  /** Stands for the Debian packages that are in it besides those of every machine; "" for none. */
  readonly base: string;
};

/**
 * The place of a machine.
 * @param folder absolute path of the folder with the Vagrantfile.
 * @param packages Debian packages in it besides those of every machine: with others it is another machine.
 */
export function machinePlace(
  folder: string,
  {
    provider = 'libvirt',
    packages = [],
  }: { readonly provider?: Provider; readonly packages?: readonly string[] } = {},
): MachinePlace {
  const sorted = [...new Set(packages)].toSorted();
  const base =
    sorted.length === 0 ? '' : createHash('sha256').update(sorted.join(' ')).digest('hex').slice(0, 8);
  return placeOf(folder, provider, base);
}

function placeOf(folder: string, provider: Provider, base: string): MachinePlace {
  const state = stateFolder(folder);
  return { folder, provider, state: base === '' ? state : join(state, `base-${base}`), base };
}

/** The places of all machines of a folder that Vagrant has made. Starts no Ruby. */
export function existingPlaces(folder: string): readonly MachinePlace[] {
  const state = stateFolder(folder);
  const bases = (existsSync(state) ? readdirSync(state) : []).flatMap(
    (name) => /^base-([0-9a-f]{8})$/.exec(name)?.[1] ?? [],
  );
  return ['', ...bases]
    .flatMap((base) =>
      (['libvirt', 'virtualbox'] as const).map((provider) => placeOf(folder, provider, base)),
    )
    .filter((place) => machineId(place) !== undefined);
}

/** The environment variables by which Vagrant and the Vagrantfile mean this machine and no other. */
export function placeVariables({ folder, state, base }: MachinePlace): Readonly<Record<string, string>> {
  const prefix = process.env.TARE_DOMAIN_PREFIX ?? 'tare';
  return {
    VAGRANT_DOTFILE_PATH: state,
    ...(base !== '' && { TARE_DOMAIN_PREFIX: `${prefix}-${base}` }),
    // the Vagrantfile of a package does not know whose it is
    ...(folder === ownRecipe && { TARE_WORKSPACE: process.cwd() }),
  };
}

const hypervisors: Readonly<Record<Provider, Hypervisor>> = { libvirt, virtualbox: virtualBox() };

/** What runs the machines of a provider. */
export function hypervisorOf({ provider }: Pick<MachinePlace, 'provider'>): Hypervisor {
  return hypervisors[provider];
}

/** A machine that Vagrant has made. */
type ExistingMachine = {
  readonly place: MachinePlace;
  readonly vagrant: Vagrant;
  readonly state: MachineState;
};

/**
 * The machines of a folder, whichever providers have them; the one that every app shares is the first. Prints what their
 * Vagrant says.
 * @param folder absolute path of the folder with the Vagrantfile.
 * @returns none when none has been created; this starts no Ruby.
 */
export async function existingMachines(
  folder: string,
  signal: AbortSignal,
): Promise<readonly ExistingMachine[]> {
  return Promise.all(
    existingPlaces(folder).map(async (place) => {
      const vagrant = createVagrant({
        ...place,
        variables: placeVariables(place),
        onLine: (line) => process.stdout.write(`${line}\n`),
      });
      return { place, vagrant, state: await machineState(place, vagrant, signal) };
    }),
  );
}

/** Name of the box that the machine was made of; undefined when Vagrant has not written it down. */
export function machineBox(place: MachinePlace): string | undefined {
  const file = join(stateOf(place), 'box_meta');
  if (!existsSync(file)) return undefined;
  return z.object({ name: z.string() }).safeParse(JSON.parse(readFileSync(file, 'utf8'))).data?.name;
}

/** Pid of the ssh that forwards a port to the guest, as vagrant-libvirt noted it; it may have ended since. */
export function tunnelPid(place: MachinePlace, port: number): number | undefined {
  const file = join(stateOf(place), 'pids', `ssh_${port}.pid`);
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
  const id = machineId(place);
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
  readonly box?: string;
  /** Version of a public box; a built one has its version in its name. */
  readonly boxVersion?: string;
  /**
   * Workload → absolute path of its bundle, in order: the first is enabled at boot. "" for one that is in the machine already,
   * or gets there in another way.
   */
  readonly artifacts?: Readonly<Record<string, string>>;
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
  /**
   * The host's port to forward to the guest's 8000, or several with the guest's: "8001:8000,5001:8001"; false for none. By default
   * TARE_PORT, or 8001.
   */
  readonly forward?: number | string | false;
  /** The guest's address on a host-only network, for VirtualBox. */
  readonly address?: string;
  /** Debian packages to install in it, for a public box; a built one has them. */
  readonly packages?: readonly string[];
  /** The Node binary for a public box, where it is not the workspace's own. */
  readonly node?: string;
};

/** The environment variables for the Vagrantfile; leaves out settings that are not given. */
export function machineVariables(settings: MachineSettings): Readonly<Record<string, string>> {
  const named: Readonly<Record<string, string | number | undefined>> = {
    TARE_BOX: settings.box,
    TARE_BOX_VERSION: settings.boxVersion,
    TARE_ARTIFACTS:
      settings.artifacts &&
      Object.entries(settings.artifacts)
        .map(([workload, path]) => `${unitName(workload)}=${path}`)
        .join(','),
    TARE_CPUS: settings.cpus,
    TARE_MEMORY_MIB: settings.memoryMiB,
    TARE_DRIVER: settings.driver,
    TARE_RUN: settings.runId,
    TARE_NODE_ARGUMENTS: settings.nodeArguments?.join(' '),
    TARE_APP_MEMORY_MIB: settings.appMemoryMiB,
    TARE_START: asNumber(settings.start),
    TARE_FORWARD: settings.forward === undefined ? undefined : asNumber(settings.forward !== false),
    TARE_PORT: settings.forward === false ? undefined : settings.forward,
    TARE_ADDRESS: settings.address,
    TARE_PACKAGES: settings.packages?.join(' '),
    TARE_NODE: settings.node,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function asNumber(yes: boolean | undefined): number | undefined {
  return yes === undefined ? undefined : Number(yes);
}

/** Vagrant's own state of the machine, on disk. */
function stateOf({ state, provider }: MachinePlace): string {
  return join(state, 'machines/default', provider);
}

/**
 * What the provider calls the machine: under libvirt the UUID of its domain, which virsh takes in place of a name. Read from
 * Vagrant's own state, without starting Ruby.
 * @returns undefined when the machine has not been created.
 */
export function machineId(place: MachinePlace): string | undefined {
  const file = join(stateOf(place), 'id');
  if (!existsSync(file)) return undefined;
  const id = readFileSync(file, 'utf8').trim();
  return id === '' ? undefined : id;
}
