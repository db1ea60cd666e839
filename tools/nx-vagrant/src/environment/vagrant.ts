import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Artifact,
  type Availability,
  type Environment,
  type Facts,
  hostObstacle,
  type Instance,
  isLeft,
  type Obstacle,
  reapProcesses,
  runVariable,
} from '@tare/environment';
import { commandLineOf, listProcesses } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import type { Accelerator } from '../machine/bring-up.ts';
import type { VmArtifact } from '../guest/guest-app.ts';
import {
  existingPlaces,
  hypervisorOf,
  machineId,
  type MachinePlace,
  placeVariables,
} from '../machine/machine-place.ts';
import { kvmObstacle } from '../machine/kvm.ts';
import { probeVagrant, type VagrantProbe } from '../probe.ts';
import { setupCommand, usualFolder } from '../recipe.ts';
import type { Provider } from '../records.ts';
import { servedBy } from '../services/services.ts';
import { createVagrant } from '../vagrant-client.ts';
import { coldStart, restart, type VmPath } from './start-in-vm.ts';
import { type MachineOptions, vagrantMachine, type VagrantMachine } from './vagrant-machine.ts';
import { vmFacts } from './vm-facts.ts';

/** How to run a VM. */
export type VagrantOptions = {
  /** How requests reach the app. The default is the guest's own address; a forwarded port goes through ssh. */
  readonly path?: VmPath;
  /** KVM (the processor), TCG (emulation), or by default KVM where a guest boots with it. */
  readonly accelerator?: 'auto' | Accelerator;
  /** Folder of the Vagrantfile; by default `environments/vagrant/` in the working directory if it is there, else the recipe of this package. */
  readonly folder?: URL;
  /** Folder of `box/box.json`; by default `dist/vagrant/` in the working directory. */
  readonly records?: URL;
  /** How long a boot may take until it is provisioned; 5 minutes by default. */
  readonly bootDeadlineMs?: number;
};

const defaultBootDeadlineMs = 300_000;
const disposeDeadlineMs = 150_000;

/** One machine per folder and base: environments that differ only in the path share it, one at a time. */
const allMachines = new Map<string, VagrantMachine>();
const idleCosts = new WeakMap<VagrantMachine, Facts>();

/**
 * Runs the artifact as a service of a Vagrant VM (libvirt, or VirtualBox). The VM belongs to the run: `dispose` destroys it, even one that
 * was up before the run and was taken over. It is paused between its trials. Apps that name Debian packages have a VM with these.
 */
export function vagrant(options: VagrantOptions = {}): Environment {
  const { path = 'guest' } = options;
  const workspace = pathToFileURL(`${process.cwd()}/`);
  const folder = options.folder === undefined ? usualFolder(process.cwd()) : pathOf(options.folder);
  const bootDeadlineMs = options.bootDeadlineMs ?? defaultBootDeadlineMs;
  const accelerator = options.accelerator ?? 'auto';
  const machines = new Set<VagrantMachine>();
  let provider: Provider | undefined;
  const machineOf = (artifact: VmArtifact): VagrantMachine => {
    const machine = sharedMachine({
      folder,
      provider: provider ?? 'libvirt',
      records: pathOf(options.records ?? new URL('dist/vagrant/', workspace)),
      packages: packagesOf(artifact),
      accelerator,
      bootDeadlineMs,
    });
    machines.add(machine);
    return machine;
  };
  const running = new Set<Instance>();

  const probe = async (signal: AbortSignal): Promise<Availability> => {
    try {
      const found = availability(await probeVagrant(signal), path, accelerator);
      return found.usable ? (servingObstacle(folder) ?? found) : found;
    } catch (error) {
      return { usable: false, reason: messageOf(error), remedy: 'See what `vagrant status` says.' };
    }
  };

  return {
    name: path === 'guest' ? 'vagrant' : `vagrant:${path}`,
    kind: 'vagrant',
    preparedBy: [{ target: 'vagrant-box', folder: pathToFileURL(`${folder}/`) }],
    readyDeadlineMs: bootDeadlineMs,
    probe,
    reap: (runId, signal) => reapMachines(folder, runId, signal),
    runs: vmObstacle,
    prepare: async (artifact, context, signal) => {
      requireOneCpu(context.resources.cpus);
      const app = requireVmArtifact(artifact);
      provider ??= await usableProvider(signal);
      const machine = machineOf(app);
      await machine.provide(app, context, signal);
      const before = idleCosts.get(machine);
      const { facts, idle } = await vmFacts(machine, app, context, before, signal);
      idleCosts.set(machine, idle);
      await machine.pause(signal);
      return { network: machine.hypervisor.words.paths[path], ...facts };
    },
    start: async (launch, signal) => {
      const machine = machineOf(requireVmArtifact(launch.artifact));
      const started = await (launch.cold ? coldStart : restart)({ machine, path, launch }, signal);
      running.add(started);
      const stop = async (): Promise<void> => {
        await started.stop();
        running.delete(started);
      };
      return { ...started, stop };
    },
    dispose: async () => {
      await Promise.allSettled([...running].map((instance) => instance.stop()));
      running.clear();
      for (const machine of machines) await machine.destroy(AbortSignal.timeout(disposeDeadlineMs));
    },
  };
}

function sharedMachine(options: MachineOptions): VagrantMachine {
  const key = JSON.stringify([options.folder, options.provider, options.packages.toSorted()]);
  const machine = allMachines.get(key) ?? vagrantMachine(options);
  allMachines.set(key, machine);
  return machine;
}

/** Why a VM cannot run an app, and what to do; undefined if it can. */
function vmObstacle(artifact: Artifact): Obstacle | undefined {
  if (artifact.kind === 'image')
    return {
      reason:
        'an image brings a userland of its own and no kernel; the VM has its own userland, made from Debian packages',
      remedy:
        "use docker() for the image, or files(folder, command, { base: { packages: ['…'] } }) for what is in it",
    };
  if (artifact.kind !== 'files') return undefined;
  if (artifact.base !== undefined && 'image' in artifact.base)
    return {
      reason: `its base is the image ${artifact.base.image}; a VM is made from Debian packages`,
      remedy: "name them: base: { packages: ['…'] }, or leave vagrant out",
    };
  // a program of the folder is the same file there and here
  return /^[^/]+\//.test(artifact.command[0] ?? '') ? hostObstacle(artifact) : undefined;
}

function requireVmArtifact(artifact: Artifact): VmArtifact {
  const obstacle = vmObstacle(artifact);
  if (artifact.kind === 'image' || obstacle !== undefined)
    throw new Error(`${artifact.workload}: ${obstacle?.reason}; ${obstacle?.remedy}`);
  return artifact;
}

/**
 * The Debian packages that an app wants in its VM.
 * @throws Error in one line when one has no name of a package.
 */
function packagesOf(artifact: VmArtifact): readonly string[] {
  const base = artifact.kind === 'files' ? artifact.base : undefined;
  const packages = base !== undefined && 'packages' in base ? base.packages : [];
  const wrong = packages.find((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name));
  if (wrong === undefined) return packages;
  throw new Error(
    `${artifact.workload}: base.packages has ${JSON.stringify(wrong)}; expected the name of a Debian package`,
  );
}

/** A run would take the processor from what the machine serves, and remove its data in the end. */
function servingObstacle(folder: string): Availability | undefined {
  const served = existingPlaces(folder).flatMap((place) => servedBy(place));
  if (served.length === 0) return undefined;
  const names = served.map(({ workload }) => workload).join(', ');
  return {
    usable: false,
    reason: `the machine of ${folder} is there to serve ${names} (vagrant-up), and a run would end with its removal`,
    remedy: 'Remove it with what it keeps: the target vagrant-destroy; or leave vagrant out.',
  };
}

function availability(
  found: VagrantProbe,
  path: VmPath,
  accelerator: MachineOptions['accelerator'],
): Availability {
  if (!found.usable) return { usable: false, reason: found.reason, remedy: found.remedy };
  const { vagrantVersion, providerVersion, hypervisorVersion } = found.facts;
  const kvm = found.provider === 'libvirt' ? kvmObstacle() : undefined;
  if (accelerator === 'kvm' && kvm !== undefined) return { usable: false, ...kvm };
  if (found.provider === 'virtualbox' && process.platform !== 'linux')
    return {
      usable: false,
      reason: `the process of VirtualBox’s machines cannot be read on ${process.platform}`,
      remedy: 'Measure on Linux, or leave vagrant out.',
    };
  if (accelerator === 'tcg' && found.provider !== 'libvirt')
    return {
      usable: false,
      reason: `the provider here is ${providerVersion}, which emulates no processor`,
      remedy: `Leave the accelerator out, or use libvirt; on Debian: ${setupCommand()}.`,
    };
  return {
    usable: true,
    facts: {
      vagrant: `Vagrant ${vagrantVersion}`,
      provider: providerVersion,
      hypervisor: hypervisorVersion,
      ...(kvm !== undefined && { kvm: kvm.reason }),
    },
    isolation: {
      rung: 80,
      kernel: 'guest',
      // a machine of its own shares none
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
      seccomp: false,
      path: path === 'guest' ? 'guest address' : 'forwarded port',
    },
  };
}

async function usableProvider(signal: AbortSignal): Promise<Provider> {
  const found = await probeVagrant(signal);
  if (found.usable) return found.provider;
  throw new Error(`${found.reason}. ${found.remedy}`);
}

function requireOneCpu(cpus: number): void {
  if (cpus === 1) return;
  throw new Error(`resources.cpus is ${cpus}, expected 1: the service in the VM is bound to one vCPU`);
}

function pathOf(url: URL): string {
  return fileURLToPath(url).replace(/\/$/, '');
}

/**
 * Ends what a killed run left: its vagrant processes and tunnels, its VM, which has the run in the domain's title, and the
 * connections to that VM. A VM that a user made has no such mark and stays.
 * @param runId the run to clean up after; undefined for every run whose runner is known to have ended.
 * @returns a line for each thing removed.
 */
async function reapMachines(
  folder: string,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines = [...(await reapProcesses('vagrant', runId))];
  for (const place of existingPlaces(folder)) lines.push(...(await reapMachine(place, runId, signal)));
  return lines;
}

async function reapMachine(
  place: MachinePlace,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const id = machineId(place);
  // one that serves may have been a run's before
  if (id === undefined || servedBy(place).length > 0) return [];
  const found = await hypervisorOf(place)
    .describe(id, signal)
    .catch(() => undefined);
  if (found?.runId === undefined) return [];
  if (!isLeft({ run: found.runId, runner: found.runner }, runId)) return [];
  const variables = { ...placeVariables(place), [runVariable]: found.runId };
  const vagrant = createVagrant({ ...place, variables });
  const address = await vagrant.sshConfig({ signal }).then(
    ({ hostName }) => hostName,
    // not running
    () => undefined,
  );
  await vagrant.destroy({ signal });
  const line = `VM ${found.name} of run ${found.runId}`;
  return [line, ...(address === undefined ? [] : endConnections(address))];
}

const socketOption = /^ControlPath=(.*\/tare-ssh-[^/]+\/s)$/;

/** Ends this suite's ssh processes to an address and removes their sockets. */
function endConnections(address: string): readonly string[] {
  return listProcesses().flatMap(({ pid, command, parentPid }) => {
    if (command !== 'ssh' || parentPid === process.pid) return [];
    try {
      const args = commandLineOf(pid);
      const socket = args.map((arg) => socketOption.exec(arg)?.[1]).find((path) => path !== undefined);
      if (socket === undefined || !args.includes(address)) return [];
      process.kill(pid, 'SIGTERM');
      rmSync(dirname(socket), { recursive: true, force: true });
      return [`process ${pid} (ssh to the VM)`];
    } catch {
      // ended since it was listed
      return [];
    }
  });
}
