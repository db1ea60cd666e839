import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort, parseListening } from '@tare/environment';
import { commandLineOf, listProcesses, socketsOf, textIfThere } from '@tare/metrics';
import { type MachinePlace, tunnelPid } from './machine-place.ts';

/**
 * Makes sure that a port of 127.0.0.1 is free for a machine: ends a tunnel that Vagrant has made to the same machine.
 * @throws Error in one line that says who has the port, where that can be seen.
 */
export async function freePort(
  port: number,
  place: MachinePlace,
  say: (line: string) => void,
): Promise<void> {
  const owner = portOwner(port);
  if (owner !== undefined && isTunnel(owner.pid, owner.command, port, place)) {
    process.kill(owner.pid, 'SIGTERM');
    say(`port ${port}: ended the tunnel that Vagrant had made (process ${owner.pid})`);
    for (let polls = 0; polls < 50 && portOwner(port) !== undefined; polls++) await sleep(100);
  } else if (owner !== undefined) {
    const command = owner.command.slice(0, 80);
    throw new Error(
      `port ${port} on 127.0.0.1 is taken by process ${owner.pid} (${command}); end it, or name another in option services or TARE_PORT`,
    );
  }
  await choosePort(port);
}

// the pid alone may belong to another process by now
function isTunnel(pid: number, command: string, port: number, place: MachinePlace): boolean {
  return pid === tunnelPid(place, port) && command.startsWith('ssh ');
}

/** A process that listens on a port. */
type PortOwner = { readonly pid: number; readonly command: string };

/**
 * Who listens on a TCP port of this host, from /proc/net/tcp and /proc/PID/fd.
 * @returns undefined when nobody does, or when the process is another user's.
 */
export function portOwner(port: number): PortOwner | undefined {
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    parseListening(textIfThere(table)),
  );
  const inodes = listening.filter((each) => each.port === port).map(({ inode }) => inode);
  if (inodes.length === 0) return undefined;
  const owner = listProcesses().find(({ pid }) => socketsOf(pid)?.some((inode) => inodes.includes(inode)));
  return owner && { pid: owner.pid, command: commandLineOf(owner.pid).join(' ') };
}
