import { setTimeout as sleep } from 'node:timers/promises';
import type { Facts, RunContext } from '@tare/environment';
import { processMeter } from '@tare/metrics';
import { holdApp, type VmArtifact } from '../guest/guest-app.ts';
import { guestService } from '../guest/guest-service.ts';
import { openSsh, shellWords } from '../ssh.ts';
import { pinningWords, planPinning, type VagrantMachine } from './vagrant-machine.ts';

const askDeadlineMs = 60_000;

/**
 * Makes sure that the guest holds the artifact, stops its service and measures the idle VM: facts for the run file.
 * @param idle an earlier measurement of the idle VM; undefined measures, which takes 5 s.
 * @throws Error when the guest holds another build.
 */
export async function vmFacts(
  machine: VagrantMachine,
  artifact: VmArtifact,
  context: RunContext,
  idle: Facts | undefined,
  signal: AbortSignal,
): Promise<{ readonly facts: Facts; readonly idle: Facts }> {
  const ssh = await openSsh(machine.sshConfig(), { signal });
  try {
    const ask = async (command: readonly string[]): Promise<string> => {
      const { stdout, stderr, code } = await ssh.run(shellWords(command), {
        deadlineMs: askDeadlineMs,
        signal,
      });
      if (code !== 0) throw new Error(`in the VM, ${command.join(' ')} failed: ${stderr.trim()}`);
      return stdout.trim();
    };
    await guestService(ssh, artifact.workload).stop(signal);
    await holdApp(ssh, artifact, signal);
    const kernel = await ask(['uname', '-r']);
    const description = await machine.describe(signal);
    const box = machine.box();
    const { memoryMiB, serverCpus } = context.resources;
    const emulated = description.accelerator === 'tcg';
    const measured = idle ?? (await idleCost(machine, signal));
    const facts: Facts = {
      box: box.mode === 'public' ? `${box.name} ${box.version}` : box.name,
      boxMode: `${box.mode}: ${box.reason}`,
      accelerator: description.accelerator,
      acceleratorReason: machine.acceleratorReason(),
      emulated,
      domain: description.name,
      guestKernel: kernel,
      ...(await appWords(artifact, ask)),
      vcpus: description.vcpus,
      vmMemoryMiB: description.memoryMiB,
      user: 'tare-app (unprivileged, in the guest)',
      memoryLimit: `${memoryMiB} MiB, the service’s`,
      data: 'the disk of the guest',
      pinnedTo:
        machine.hypervisor.pin === undefined
          ? 'not pinned: the hypervisor has no setting for it'
          : pinningWords(planPinning(serverCpus)),
      notEqual: [
        emulated ? 'the processor is emulated' : 'the processor is virtual',
        'a kernel of its own',
        'requests cross a virtual network card',
        'ssh and the sampler run beside the app, on a vCPU of their own',
      ].join('; '),
      ...measured,
    };
    return { facts, idle: measured };
  } finally {
    await ssh.close();
  }
}

/** The facts that depend on what kind of app it is. */
async function appWords(
  artifact: VmArtifact,
  ask: (command: readonly string[]) => Promise<string>,
): Promise<Facts> {
  const { kind } = artifact;
  const isNode = kind === 'node' || artifact.command[0] === 'node';
  return {
    ...(isNode && { nodeVersion: await ask(['/usr/local/bin/node', '--version']) }),
    ...(kind === 'files' && { command: artifact.command.join(' ') }),
    ...(kind === 'files' &&
      artifact.base !== undefined &&
      'packages' in artifact.base && { packages: artifact.base.packages.join(' ') }),
  };
}

// by then the work after a boot or a provisioning is over
const settleMs = 2000;
const windowMs = 3000;

/** What the VM costs the host while its service is stopped: percent of one CPU, and memory. Empty when it does not run. */
async function idleCost(machine: VagrantMachine, signal: AbortSignal): Promise<Facts> {
  const pid = machine.hypervisor.pid(machine.id());
  if (pid === undefined) return {};
  const meter = processMeter({ scope: 'the idle VM', pids: () => [pid] });
  try {
    await sleep(settleMs, undefined, { signal });
    const before = await meter.read();
    await sleep(windowMs, undefined, { signal });
    const after = await meter.read();
    const share = Number(after.cpuNs - before.cpuNs) / Number(after.atNs - before.atNs);
    return {
      idleCpuPercent: Math.round(share * 1000) / 10,
      idleMemoryMiB: Math.round(after.memoryBytes / 2 ** 20),
    };
  } finally {
    await meter.close();
  }
}
