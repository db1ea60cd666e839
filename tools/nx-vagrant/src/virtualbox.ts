import { readdirSync } from 'node:fs';
import { thisRunner } from '@tare/environment';
import { commandLineOf, runProgram, type Variables } from '@tare/metrics';
import { messageOf } from '@tare/nx-kit';
import { tailOf } from './libvirt.ts';
import type { Hypervisor, MachineDescription } from './machine/hypervisor.ts';

// VirtualBox's own names for a state in which the hypervisor's process holds the machine's memory
const pausedStates = new Set(['paused', 'teleportingpausedvm']);
const runningStates = new Set(['running', 'livesnapshotting', 'teleporting', 'onlinesnapshotting']);

/**
 * Machines of VirtualBox, by VBoxManage. Written after its manual (chapter 8, VBoxManage) and its sources; tested against
 * recorded replies, not against a real VirtualBox.
 */
export function virtualBox(variables?: Variables): Hypervisor {
  const manage = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    runProgram('VBoxManage', args, {
      signal,
      deadlineMs: 30_000,
      // its messages are parsed
      variables: { LC_ALL: 'C' },
      ...(variables === undefined ? {} : { inherited: variables }),
    });
  const show = async (id: string, signal: AbortSignal) =>
    parseVmInfo(await manage(['showvminfo', id, '--machinereadable'], signal));
  return {
    describe: async (id, signal) => {
      const info = await show(id, signal);
      return describeVm(info, await manage(['getextradata', id, markKey], signal));
    },
    state: async (id, signal) => {
      const state = (await show(id, signal)).get('VMState') ?? '';
      if (pausedStates.has(state)) return 'paused';
      return runningStates.has(state) ? 'running' : 'off';
    },
    // its description cannot be changed while it runs, extra data can
    mark: async (id, runId, signal) => {
      await manage(['setextradata', id, markKey, `tare run ${runId} by ${thisRunner()}`], signal);
    },
    pause: async (id, signal) => void (await manage(['controlvm', id, 'pause'], signal)),
    resume: async (id, signal) => void (await manage(['controlvm', id, 'resume'], signal)),
    cut: async (id, signal) => void (await manage(['controlvm', id, 'poweroff'], signal)),
    pid: (id) =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .find((pid) => isHeadlessOf(commandLineOf(pid), id)),
    console: async (id) => {
      try {
        const folder = (await show(id, AbortSignal.timeout(5_000))).get('LogFldr');
        return tailOf(`${folder}/VBox.log`, 10) || 'the log of VirtualBox is empty';
      } catch (error) {
        return `the log of VirtualBox cannot be read: ${messageOf(error)}`;
      }
    },
    // there is no such setting
    pin: undefined,
    words: {
      process: 'VBoxHeadless process',
      paths: {
        guest: 'address of the guest on a host-only network',
        forwarded: 'port on 127.0.0.1 forwarded by VirtualBox’s NAT',
      },
    },
  };
}

const markKey = 'tare/run';

/**
 * Reads `VBoxManage showvminfo --machinereadable`: `name="value"` or `name=value` a line, and names in quotes. A description has
 * lines of its own, which are left out.
 */
export function parseVmInfo(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  let isInText = false;
  for (const line of text.split(/\r?\n/)) {
    if (isInText) {
      isInText = !line.endsWith('"') || line.endsWith('\\"');
      continue;
    }
    const [, name, value = ''] = /^"?([^"=]+)"?=(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    isInText = value.startsWith('"') && !/^"(?:[^"\\]|\\.)*"/.test(value);
    pairs.set(name, value.replace(/^"|"$/g, ''));
  }
  return pairs;
}

/** @param mark what `VBoxManage getextradata` says: "Value: …" or "No value set!". */
export function describeVm(info: ReadonlyMap<string, string>, mark: string): MachineDescription {
  // the Vagrantfile writes it into the description of a machine that is made for a run
  const marks = `${mark}\n${info.get('description') ?? ''}`;
  const [, runId, runner] = /tare run ([\w-]+)(?: by ([\w.]+))?/.exec(marks) ?? [];
  return {
    name: info.get('name') ?? '?',
    // it runs nothing without the processor's own support
    accelerator: 'hardware',
    vcpus: Number(info.get('cpus')),
    memoryMiB: Number(info.get('memory')),
    runId,
    runner,
  };
}

/** Whether a command line is that of VirtualBox's process for this machine: `VBoxHeadless --comment NAME --startvm UUID …`. */
export function isHeadlessOf(args: readonly string[], id: string): boolean {
  return /(^|\/)VBoxHeadless$/.test(args[0] ?? '') && args[args.indexOf('--startvm') + 1] === id;
}
