import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Availability,
  type Environment,
  type Facts,
  type Instance,
  isRunnerGone,
  reapProcesses,
  runVariable,
} from '@tare/environment';
import { listProcesses } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import { describeDomain } from '../libvirt.ts';
import type { Accelerator } from '../machine/bring-up.ts';
import { machineId } from '../machine/machine-place.ts';
import { probeVagrant, type VagrantProbe } from '../probe.ts';
import { createVagrant } from '../vagrant-client.ts';
import { coldStart, pathWords, restart, type VmPath } from './start-in-vm.ts';
import { type MachineOptions, vagrantMachine, type VagrantMachine } from './vagrant-machine.ts';
import { vmFacts } from './vm-facts.ts';

/** How to run a VM. */
export type VagrantOptions = {
  /** How requests reach the app. The default is the guest's own address; a forwarded port goes through ssh. */
  readonly path?: VmPath;
  /** KVM (the processor), TCG (emulation), or by default KVM where a guest boots with it. */
  readonly accelerator?: 'auto' | Accelerator;
  /** Folder of the Vagrantfile; by default `environments/vagrant/` in the working directory. */
  readonly folder?: URL;
  /** Folder of `box/box.json`; by default `dist/vagrant/` in the working directory. */
  readonly records?: URL;
  /** How long a boot may take until it is provisioned; 5 minutes by default. */
  readonly bootDeadlineMs?: number;
};

const defaultBootDeadlineMs = 300_000;
const disposeDeadlineMs = 150_000;

/** One machine per folder: environments that differ only in the path share it, one at a time. */
const machines = new Map<string, VagrantMachine>();
const idleCosts = new WeakMap<VagrantMachine, Facts>();

/**
 * Runs the artifact as a service of a Vagrant VM (libvirt). The VM belongs to the run: `dispose` destroys it, even one that
 * was up before the run and was taken over. It is paused between its trials.
 */
export function vagrant(options: VagrantOptions = {}): Environment {
  const { path = 'guest' } = options;
  const workspace = pathToFileURL(`${process.cwd()}/`);
  const folder = pathOf(options.folder ?? new URL('environments/vagrant/', workspace));
  const bootDeadlineMs = options.bootDeadlineMs ?? defaultBootDeadlineMs;
  const machine = sharedMachine({
    folder,
    records: pathOf(options.records ?? new URL('dist/vagrant/', workspace)),
    accelerator: options.accelerator ?? 'auto',
    bootDeadlineMs,
  });
  const running = new Set<Instance>();

  const probe = async (signal: AbortSignal): Promise<Availability> => {
    try {
      const found = await probeVagrant(signal);
      return found.usable && found.provider !== 'libvirt' ? unmeasured(found.provider) : availability(found);
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
    reap: (runId, signal) => reapMachine(folder, runId, signal),
    runs: ({ kind }) =>
      kind === 'node'
        ? undefined
        : {
            reason: `an app of the kind "${kind}" does not run in a VM yet`,
            remedy: 'leave vagrant out, or use an app that is one file of Node',
          },
    prepare: async (artifact, context, signal) => {
      requireOneCpu(context.resources.cpus);
      await machine.provide(artifact, context, signal);
      const before = idleCosts.get(machine);
      const { facts, idle } = await vmFacts(machine, artifact, context, before, signal);
      idleCosts.set(machine, idle);
      await machine.pause(signal);
      return { network: pathWords[path], ...facts };
    },
    start: async (launch, signal) => {
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
      await machine.destroy(AbortSignal.timeout(disposeDeadlineMs));
    },
  };
}

function sharedMachine(options: MachineOptions): VagrantMachine {
  const machine = machines.get(options.folder) ?? vagrantMachine(options);
  machines.set(options.folder, machine);
  return machine;
}

function availability(found: VagrantProbe): Availability {
  if (!found.usable) return { usable: false, reason: found.reason, remedy: found.remedy };
  const { vagrantVersion, providerVersion, hypervisorVersion } = found.facts;
  return {
    usable: true,
    facts: { vagrant: `Vagrant ${vagrantVersion}`, provider: providerVersion, hypervisor: hypervisorVersion },
  };
}

function unmeasured(provider: string): Availability {
  return {
    usable: false,
    reason: `the provider here is ${provider}; a VM is measured with libvirt only`,
    remedy: 'On Debian: bash environments/vagrant/setup-debian.sh.',
  };
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
async function reapMachine(
  folder: string,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines = [...(await reapProcesses('vagrant', runId))];
  const id = machineId(folder);
  if (id === undefined) return lines;
  const found = await describeDomain(id, signal).catch(() => undefined);
  if (found?.runId === undefined) return lines;
  const isLeft = runId === undefined ? isRunnerGone(found.runner) : found.runId === runId;
  if (!isLeft) return lines;
  const vagrant = createVagrant({ folder, variables: { [runVariable]: found.runId } });
  const address = await vagrant.sshConfig({ signal }).then(
    ({ hostName }) => hostName,
    // not running
    () => undefined,
  );
  await vagrant.destroy({ signal });
  lines.push(`VM ${found.name} of run ${found.runId}`);
  if (address !== undefined) lines.push(...endConnections(address));
  return lines;
}

const socketOption = /^ControlPath=(.*\/tare-ssh-[^/]+\/s)$/;

/** Ends this suite's ssh processes to an address and removes their sockets. */
function endConnections(address: string): readonly string[] {
  return listProcesses().flatMap(({ pid, command, parentPid }) => {
    if (command !== 'ssh' || parentPid === process.pid) return [];
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
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
