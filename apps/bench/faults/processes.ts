import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProcess, listProcesses } from '@tare/metrics';

/** @returns the text of a file; none where it cannot be read: what is asked about may be gone at any time. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @returns the names in a folder; none where it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The words of a process, parted and ended by zeros; empty when it is gone. */
export function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`);
}

/** The variables that a process was started with: "NAME=value", parted and ended by zeros. */
export function variablesOf(pid: number): string {
  return textOf(`/proc/${pid}/environ`);
}

const ticksPerSecond = 100;

/** For how many seconds a process has run (proc_pid_stat(5), starttime); 0 when it is gone. */
export function ageOf(pid: number): number {
  const { startTicks } = findProcess(pid) ?? {};
  const upSeconds = Number(textOf('/proc/uptime').split(' ')[0]);
  return startTicks === undefined ? 0 : upSeconds - startTicks / ticksPerSecond;
}

/** @returns the living processes that are so. */
export function processesThat(are: (pid: number) => boolean): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter(are);
}

/** Sends a signal to processes, of which some may have ended; a process group has a number below 0. */
export function sendAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // ended since it was looked at
    }
  }
}

/** @returns where something is mounted in a folder, in the order in which it was. */
export function mountsBelow(folder: string): readonly string[] {
  return textOf('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === folder || point.startsWith(`${folder}/`));
}

const establishedState = '01';

/** How many established TCP connections a process has to others than itself. */
export function connectionsOf(pid: number): number {
  const inodes = new Set(socketsOf(pid));
  const rows = textOf(`/proc/${pid}/net/tcp`)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === establishedState);
  const own = rows.filter((row) => inodes.has(row[9] ?? ''));
  const ends = new Set(own.map(([, local]) => local));
  return own.filter(([, , remote = '']) => !ends.has(remote)).length;
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, name)))?.[1] ?? [];
    } catch {
      // closed since
      return [];
    }
  });
}
