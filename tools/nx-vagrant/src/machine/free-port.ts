import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort } from '@tare/environment';
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
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(read(file), port)),
  );
  if (inodes.size === 0) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsSocket(name, inodes));
  if (pid === undefined) return undefined;
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return { pid: Number(pid), command };
}

/** The sockets that listen on a port, in what /proc/net/tcp shows: local address in hex, state 0A, inode in column 10. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const inode = columns[9];
    return columns[1]?.endsWith(suffix) === true && columns[3] === '0A' && inode !== undefined ? [inode] : [];
  });
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`${folder}/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false;
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
