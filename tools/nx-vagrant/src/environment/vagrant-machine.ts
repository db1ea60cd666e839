import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, findRunner, type RunContext, runMarks, thisRunner } from '@tare/environment';
import { allowedCpus, parseCpuList } from '@tare/metrics';
import { ensureBox } from '../box.ts';
import { cachedBox, type FoundBox } from '../cached-box.ts';
import type { VmArtifact } from '../guest/guest-app.ts';
import { type Accelerator, bootMachine, bringUp, rememberedChoice } from '../machine/bring-up.ts';
import type { Hypervisor, MachineDescription, VmPinning } from '../machine/hypervisor.ts';
import { kvmObstacle } from '../machine/kvm.ts';
import {
  hypervisorOf,
  machineId,
  machinePlace,
  machineVariables,
  placeVariables,
} from '../machine/machine-place.ts';
import { boxRecipe } from '../recipe.ts';
import { type BoxRecord, type Provider, readBoxRecord } from '../records.ts';
import { createVagrant, type SshConfig, type Vagrant } from '../vagrant-client.ts';

/** Which machine, and how to boot it. */
export type MachineOptions = {
  /** Absolute path of the folder with the Vagrantfile. */
  readonly folder: string;
  /** Absolute path of the folder with `box/box.json`, and of what is remembered of this host. */
  readonly records: string;
  readonly provider: Provider;
  /** Debian packages in it besides those of every machine. */
  readonly packages: readonly string[];
  readonly accelerator: 'auto' | Accelerator;
  /** How long a boot may take until it is provisioned. */
  readonly bootDeadlineMs: number;
};

/** The VM of a checkout, as a run uses it: one at a time, on or off or paused. */
export interface VagrantMachine {
  /** Makes sure that it runs and holds the bundle: boots it, or takes over one that runs already. A folder is sent to it then. */
  provide(artifact: VmArtifact, context: RunContext, signal: AbortSignal): Promise<void>;
  /** Resumes it when paused and boots it when off; an app may run in it afterwards. */
  wake(workload: string, context: RunContext, signal: AbortSignal): Promise<void>;
  /** `vagrant up --provision` with this workload alone. It starts at boot, so it must have been arranged. */
  boot(workload: string, context: RunContext, signal: AbortSignal): Promise<void>;
  /** `vagrant halt -f`. */
  halt(signal: AbortSignal): Promise<void>;
  /** Pulls the plug: for a machine that does not answer. */
  cut(signal: AbortSignal): Promise<void>;
  /** Freezes it: keeps its memory, uses no CPU. */
  pause(signal: AbortSignal): Promise<void>;
  /** Removes it with its disk, if this process has used it. */
  destroy(signal: AbortSignal): Promise<void>;
  describe(signal: AbortSignal): Promise<MachineDescription>;
  readonly hypervisor: Hypervisor;
  /** What the hypervisor knows it by. @throws Error when it has not been created. */
  id(): string;
  sshConfig(): SshConfig;
  /** The address at which the host reaches the guest's ports. */
  address(): string;
  /** The port on 127.0.0.1 that the hypervisor itself forwards to the app; undefined where that takes a tunnel. */
  forwardedPort(): number | undefined;
  box(): BoxRecord;
  /** Why it runs with the accelerator that it has. */
  acceleratorReason(): string;
}

/** Memory of the whole VM; the app in it has the run's budget, as everywhere. */
const machineMemoryMiB = 2048;

/** The vCPUs that the app may use, and one for the rest of the guest. */
function machineCpus({ resources }: RunContext): number {
  return resources.cpus + 1;
}

/** @returns the machine of a folder; nothing is started by this. */
export function vagrantMachine(options: MachineOptions): VagrantMachine {
  const { folder, records, provider, packages, bootDeadlineMs } = options;
  const place = machinePlace(folder, { provider, packages });
  const hypervisor = hypervisorOf(place);
  const artifacts = new Map<string, string>();
  const hostOnlyAddress = provider === 'virtualbox' ? hostOnlyAddressOf(place.state) : undefined;
  let forward: number | undefined;
  let box: FoundBox | undefined;
  let config: SshConfig | undefined;
  let accelerator: Accelerator | undefined;
  let used: Readonly<Record<string, string>> | undefined;

  const theBox = (): BoxRecord => {
    if (box === undefined) throw new Error('the VM is not prepared; call prepare first');
    return box.record;
  };
  const id = (): string => {
    const found = machineId(place);
    if (found === undefined)
      throw new Error(`the VM of ${folder} has not been created; run nx run vagrant:vagrant-up`);
    return found;
  };
  const variablesFor = (
    bundles: Readonly<Record<string, string>>,
    context: RunContext,
    by: Accelerator | undefined,
    start: boolean,
  ): Readonly<Record<string, string>> => ({
    ...variablesOf(theBox(), bundles, context, by, start),
    ...machineVariables({
      // with libvirt the environment opens its own way to the app
      forward: forward ?? false,
      ...(hostOnlyAddress !== undefined && { address: hostOnlyAddress }),
      ...(theBox().mode === 'public' && { packages, node: context.nodeBinary }),
    }),
    ...placeVariables(place),
  });
  const client = (workload: string, context: RunContext, by: Accelerator | undefined): Vagrant => {
    used = variablesFor(inOrder(artifacts, workload), context, by, false);
    return createVagrant({ ...place, variables: used, upDeadlineMs: bootDeadlineMs });
  };
  const inUse = (): Vagrant => {
    if (used === undefined) throw new Error('the VM is not prepared; call prepare first');
    return createVagrant({ ...place, variables: used });
  };
  const pin = async (context: RunContext, signal: AbortSignal): Promise<void> => {
    const pinning = planPinning(context.resources.serverCpus);
    if (pinning !== undefined) await hypervisor.pin?.(id(), machineCpus(context), pinning, signal);
  };
  const boot = async (
    workload: string,
    context: RunContext,
    withApp: boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    const path = artifacts.get(workload);
    // the VM holds the others already; sending them again would disturb the start
    const bundles = path === undefined ? {} : { [workload]: path };
    used = variablesFor(bundles, context, accelerator, withApp);
    const vagrant = createVagrant({ ...place, variables: used, upDeadlineMs: bootDeadlineMs });
    await bootMachine({ vagrant, place, deadlineMs: bootDeadlineMs }, signal);
    await pin(context, signal);
  };
  /** Refuses a machine that belongs to another run: it is neither taken over nor removed. */
  const refuseOthers = async (signal: AbortSignal): Promise<void> => {
    const id = machineId(place);
    const found = id === undefined ? undefined : await hypervisor.describe(id, signal).catch(() => undefined);
    const by = found?.runner === thisRunner() ? undefined : findRunner(found?.runner);
    if (found === undefined || by === undefined) return;
    throw new Error(
      `the VM ${found.name} of ${folder} belongs to the run ${found.runId ?? '?'} of process ${by.pid}: wait for its end`,
    );
  };
  /** Removes a machine of another size or with another accelerator. */
  const removeUnfit = async (context: RunContext, signal: AbortSignal): Promise<void> => {
    const id = machineId(place);
    if (id === undefined) return;
    const found = await hypervisor.describe(id, signal).catch(() => undefined);
    const fits =
      // VirtualBox has its forwarded port and its address from when it was made
      provider === 'libvirt' &&
      found?.vcpus === machineCpus(context) &&
      found.memoryMiB === machineMemoryMiB &&
      (options.accelerator === 'auto' || found.accelerator === options.accelerator);
    if (!fits) await client('', context, accelerator).destroy({ signal });
  };

  const machine: VagrantMachine = {
    hypervisor,
    id,
    provide: async (artifact, context, signal) => {
      const { workload } = artifact;
      const path = artifact.kind === 'node' ? artifact.path : '';
      const known = artifacts.get(workload) === path && config !== undefined;
      artifacts.set(workload, path);
      if (known && machineId(place) !== undefined) {
        await machine.wake(workload, context, signal);
        return;
      }
      await refuseOthers(signal);
      box ??= await findBox(options, context, signal);
      if (provider === 'virtualbox') forward ??= await choosePort();
      await ensureBox(createVagrant({ ...place, variables: {} }), box.record, box.folder, signal);
      await removeUnfit(context, signal);
      const order = {
        place,
        vagrant: (by: Accelerator | undefined) => client(workload, context, by ?? accelerator),
        accelerator: accelerator ?? options.accelerator,
        records,
        box: theBox().name,
        bootDeadlineMs,
        say: () => undefined,
      };
      await bringUp(order, signal);
      await hypervisor.mark(id(), context.runId, signal);
      const found = await hypervisor.describe(id(), signal);
      accelerator = found.accelerator === 'hardware' ? undefined : found.accelerator;
      config = await client(workload, context, accelerator).sshConfig({ signal });
      await pin(context, signal);
    },
    wake: async (workload, context, signal) => {
      const state = await hypervisor.state(id(), signal);
      if (state === 'paused') await hypervisor.resume(id(), signal);
      if (state === 'off') await boot(workload, context, false, signal);
    },
    boot: (workload, context, signal) => boot(workload, context, true, signal),
    halt: async (signal) => {
      if ((await hypervisor.state(id(), signal)) === 'paused') await hypervisor.resume(id(), signal);
      await inUse().halt({ force: true, signal });
    },
    cut: async (signal) => {
      if (machineId(place) === undefined || (await hypervisor.state(id(), signal)) === 'off') return;
      await hypervisor.cut(id(), signal);
    },
    pause: async (signal) => {
      if ((await hypervisor.state(id(), signal)) === 'running') await hypervisor.pause(id(), signal);
    },
    destroy: async (signal) => {
      if (used === undefined) return;
      await inUse().destroy({ signal });
      used = undefined;
      config = undefined;
    },
    describe: (signal) => hypervisor.describe(id(), signal),
    address: () => hostOnlyAddress ?? machine.sshConfig().hostName,
    forwardedPort: () => forward,
    sshConfig: () => {
      if (config === undefined) throw new Error('the VM is not prepared; call prepare first');
      return config;
    },
    box: theBox,
    acceleratorReason: () => {
      if (options.accelerator !== 'auto') return 'asked for';
      if (provider !== 'libvirt') return 'VirtualBox runs guests on the processor';
      const obstacle = kvmObstacle();
      if (obstacle !== undefined) return obstacle.reason;
      const { reason } = rememberedChoice(records, theBox().name) ?? { reason: 'the VM was there already' };
      return reason;
    },
  };
  return machine;
}

/** An address of the network that VirtualBox allows without being configured (its manual, 6.7), always the same for a machine. */
function hostOnlyAddressOf(state: string): string {
  return `192.168.56.${10 + (createHash('sha256').update(state).digest().readUInt16BE(0) % 240)}`;
}

/** The box that the target vagrant-box has made; one with packages in it, or where there is no such target, from the cache. */
async function findBox(
  { folder, records, provider, packages }: MachineOptions,
  { nodeBinary, nodeVersion, tell = () => undefined }: RunContext,
  signal: AbortSignal,
): Promise<FoundBox> {
  const made = join(records, 'box');
  const shared = existsSync(join(made, 'box.json')) ? readBoxRecord(made) : undefined;
  if (shared !== undefined && packages.length === 0) return { record: shared, folder: made };
  const wanted = {
    mode: shared?.mode ?? 'auto',
    recipe: boxRecipe(folder),
    node: { binary: nodeBinary, version: nodeVersion.replace(/^v/, '') },
    packages: [...new Set(packages)].toSorted(),
    provider,
    tell,
  } as const;
  return cachedBox(wanted, signal);
}

/** Puts the given workload first, because the first one starts at boot. */
function inOrder(artifacts: ReadonlyMap<string, string>, first: string): Readonly<Record<string, string>> {
  const path = artifacts.get(first);
  return { ...(path === undefined ? {} : { [first]: path }), ...Object.fromEntries(artifacts) };
}

/** @param start whether provisioning may start the app: it has its variables and a folder for its data. */
function variablesOf(
  box: BoxRecord,
  artifacts: Readonly<Record<string, string>>,
  context: RunContext,
  accelerator: Accelerator | undefined,
  start = false,
): Readonly<Record<string, string>> {
  const { resources, runId } = context;
  return {
    ...machineVariables({
      box: box.name,
      ...(box.mode === 'public' ? { boxVersion: box.version } : {}),
      artifacts,
      cpus: machineCpus(context),
      memoryMiB: machineMemoryMiB,
      ...(accelerator === undefined ? {} : { driver: accelerator === 'kvm' ? 'kvm' : 'qemu' }),
      runId,
      nodeArguments: resources.nodeArguments,
      appMemoryMiB: resources.memoryMiB,
      start,
    }),
    ...runMarks(runId, 'vagrant'),
  };
}

/**
 * Gives the app's vCPU the server's CPUs, and everything else of the VM the load generator's.
 * @returns undefined where the run does not pin.
 */
export function planPinning(serverCpus: readonly number[] | undefined): VmPinning | undefined {
  if (serverCpus === undefined) return undefined;
  const others = (cpus: readonly number[]): readonly number[] =>
    cpus.filter((cpu) => !serverCpus.includes(cpu));
  // a runner that is pinned itself runs on the generator's CPUs
  const generator = others(allowedCpus() ?? []);
  const rest = generator.length > 0 ? generator : others(onlineCpus());
  return { app: serverCpus, rest: rest.length > 0 ? rest : serverCpus };
}

/** Describes the pinning for the run file. */
export function pinningWords(pinning: VmPinning | undefined): string {
  if (pinning === undefined) return 'not pinned';
  return `vCPU 0 to ${pinning.app.join(',')}; the rest of the VM to ${pinning.rest.join(',')}`;
}

function onlineCpus(): readonly number[] {
  try {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
  } catch {
    return [];
  }
}
