import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childEnvironment } from '../program/child-environment.ts';
import { findProgram } from '../program/run-program.ts';

/** A program and its arguments. */
export type Command = { readonly file: string; readonly arguments: readonly string[] };

/** How the host's CPUs are shared out; undefined where nothing is pinned. */
export type CpuPlan =
  { readonly server: readonly number[]; readonly generator: readonly number[] } | undefined;

/**
 * Gives the server the first CPUs and the load generator the rest, so that they do not take time from each other.
 * @param serverCpus number of CPUs the server may use.
 * @returns undefined where there are not enough CPUs for both, or where `taskset` is missing.
 */
export function planCpus(serverCpus: number, allowed = allowedCpus()): CpuPlan {
  if (allowed === undefined || allowed.length <= serverCpus || findProgram('taskset') === undefined)
    return undefined;
  return { server: allowed.slice(0, serverCpus), generator: allowed.slice(serverCpus) };
}

/** @returns the command, started on the given CPUs by `taskset`, which replaces itself with it; unchanged without CPUs. */
export function pinned(command: Command, cpus: readonly number[] | undefined): Command {
  if (cpus === undefined) return command;
  // by its path: the command may run with an environment that has no PATH
  return {
    file: findProgram('taskset') ?? 'taskset',
    arguments: ['--cpu-list', cpus.join(','), command.file, ...command.arguments],
  };
}

/**
 * Moves all threads of a running process to the given CPUs.
 * @returns whether `taskset` did it.
 */
export function pinRunning(pid: number, cpus: readonly number[]): boolean {
  const reply = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus.join(','), String(pid)], {
    env: childEnvironment(),
  });
  return reply.status === 0;
}

/**
 * Reads the kernel's notation of a set of CPUs: "0-2,5".
 * @returns the numbers, in order. @throws Error when the text is not such a list.
 */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (match === null) throw new Error(`not a list of CPUs: "${text}", expected a form like 0-2,5`);
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** @returns the CPUs that this process may run on; undefined where the system does not tell. */
export function allowedCpus(): readonly number[] | undefined {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list === undefined ? undefined : parseCpuList(list);
  } catch {
    return undefined;
  }
}
