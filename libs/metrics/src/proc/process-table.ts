import { readdirSync, readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from './parse-stat.ts';

/** @returns what /proc/PID/stat tells of a process, or undefined when it is gone (a zombie counts as gone). */
export function findProcess(pid: number): ProcessStat | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat.state === 'Z' || stat.state === 'X' ? undefined : stat;
  } catch {
    return undefined;
  }
}

/** @returns every process of this host that is alive and can be seen; empty where there is no /proc. */
export function listProcesses(): readonly ProcessStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => findProcess(Number(name)))
    .filter((stat) => stat !== undefined);
}

/** @returns the pids of a process and of all that descend from it, the ancestor first. Cheap enough for every reading. */
export function descendants(ancestor: number): readonly number[] {
  const found = [ancestor];
  for (const pid of found) found.push(...childrenOf(pid));
  return found;
}

function childrenOf(parent: number): readonly number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${parent}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) => {
    try {
      return readFileSync(`/proc/${parent}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter(Boolean)
        .map(Number);
    } catch {
      // the thread has ended, or the kernel has no such file (CONFIG_PROC_CHILDREN)
      return thread === String(parent) ? listChildren(parent) : [];
    }
  });
}

function listChildren(parent: number): readonly number[] {
  return listProcesses()
    .filter(({ parentPid }) => parentPid === parent)
    .map(({ pid }) => pid);
}

/**
 * Finds processes by an environment variable that they were started with; those of other users cannot be read and
 * are passed over.
 * @returns pid, command and the variable's value.
 */
export function processesWithVariable(
  name: string,
): readonly { readonly pid: number; readonly command: string; readonly value: string }[] {
  return listProcesses().flatMap(({ pid, command }) => {
    let environ: string;
    try {
      environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    } catch {
      return [];
    }
    const entry = environ.split('\0').find((line) => line.startsWith(`${name}=`));
    return entry === undefined ? [] : [{ pid, command, value: entry.slice(name.length + 1) }];
  });
}
