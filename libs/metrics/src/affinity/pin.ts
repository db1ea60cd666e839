import { spawnSync } from 'node:child_process';
import { childEnvironment } from '../program/child-environment.ts';
import { findProgram } from '../program/run-program.ts';
import { allowedCpus } from './cpu-list.ts';

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
