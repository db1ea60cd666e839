import { choosePort } from '@tare/environment';
import { setTimeout as sleep } from 'node:timers/promises';
import { tunnelPid, type MachinePlace } from './machine-place.ts';
import { portOwner } from './port-owner.ts';

/**
 * Makes sure that a port of 127.0.0.1 is free for a machine that is about to boot: a tunnel that an earlier start of the
 * same machine left is ended.
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
    say(`port ${port}: ended the tunnel that an earlier start left (process ${owner.pid})`);
    for (let polls = 0; polls < 50 && portOwner(port) !== undefined; polls++) await sleep(100);
  } else if (owner !== undefined) {
    const command = owner.command.slice(0, 80);
    throw new Error(
      `port ${port} on 127.0.0.1 is taken by process ${owner.pid} (${command}); end it, or set TARE_PORT to another`,
    );
  }
  await choosePort(port);
}

/** Whether the port is forwarded by the tunnel of this machine: it does not outlive all that can happen to it. */
export function isForwarded(port: number, place: MachinePlace): boolean {
  const owner = portOwner(port);
  return owner !== undefined && isTunnel(owner.pid, owner.command, port, place);
}

/** Ends the tunnel of a machine that is gone. */
export function endTunnel(port: number, place: MachinePlace): void {
  const owner = portOwner(port);
  if (owner !== undefined && isTunnel(owner.pid, owner.command, port, place))
    process.kill(owner.pid, 'SIGTERM');
}

// the pid alone may be another process's by now
function isTunnel(pid: number, command: string, port: number, place: MachinePlace): boolean {
  return pid === tunnelPid(place, port) && command.startsWith('ssh ');
}
