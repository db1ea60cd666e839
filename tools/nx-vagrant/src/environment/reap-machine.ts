import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRunnerGone, reapProcesses, runVariable } from '@tare/environment';
import { listProcesses } from '@tare/metrics';
import { createVagrant } from '../client/vagrant.ts';
import { describeDomain } from '../libvirt/domain.ts';
import { machineId } from '../machine/machine-id.ts';

/**
 * Ends what a killed run left: its vagrant processes and tunnels, the VM that it made, known by the run in the domain's
 * title, and connections to that VM. A VM that a user made has no such mark and stays.
 * @param runId of this run, whose runner has ended; undefined for every run whose runner is known to have.
 * @returns a line for each thing removed.
 */
export async function reapMachine(
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

/** Ends the ssh processes of this suite that lead to an address, and removes their sockets. */
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
