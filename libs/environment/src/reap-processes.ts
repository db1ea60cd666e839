import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, processesInReach } from '@tare/metrics';
import { areLeftCgroupsEnding, membersOfLeftCgroups } from './app-cgroup.ts';
import { environmentVariable, isLeft, runnerVariable, runVariable } from './run-marks.ts';

/**
 * Ends processes of this user's runs that a killed run left behind, known by the marks in their environment.
 * @param environment only those that this environment started.
 * @param runId those of this run, except what a living process that has gone on with it started; undefined for those of every run whose runner is known to have.
 * @returns a line for each that was ended.
 */
export async function reapProcesses(
  environment: string,
  runId: string | undefined,
): Promise<readonly string[]> {
  // an image may be run as a user of its own; who forges a mark risks only a process of his own
  const own = processesInReach();
  const found = own.filter(
    ({ pid, variables }) =>
      pid !== process.pid &&
      variables.get(environmentVariable) === environment &&
      isLeft({ run: variables.get(runVariable), runner: variables.get(runnerVariable) }, runId),
  );
  // what apps started without their variables
  const marked = new Set(own.filter(({ variables }) => variables.has(runVariable)).map(({ pid }) => pid));
  const strays = membersOfLeftCgroups()
    .filter((pid) => !marked.has(pid))
    .flatMap((pid) => findProcess(pid) ?? []);
  await endProcesses([...found, ...strays]);
  const deadline = performance.now() + groupDeadlineMs;
  for (membersOfLeftCgroups(); areLeftCgroupsEnding() && performance.now() < deadline; membersOfLeftCgroups())
    await sleep(10);
  return [
    ...found.map(
      ({ pid, command, variables }) =>
        `process ${pid} (${command}) of run ${variables.get(runVariable) ?? '?'}`,
    ),
    ...strays.map(({ pid, command }) => `process ${pid} (${command}) of a run that was killed`),
  ];
}

/** A process, told apart from a later one with its pid. */
type ProcessToEnd = { readonly pid: number; readonly startTicks: number };

const endDeadlineMs = 5000;
/** For threads that end after their process; a group that is another user's is never removed, and not waited for. */
const groupDeadlineMs = 300;

/** Kills processes and waits until they are gone, 5 s at most. */
export async function endProcesses(processes: readonly ProcessToEnd[]): Promise<void> {
  const isThere = ({ pid, startTicks }: ProcessToEnd): boolean => findProcess(pid)?.startTicks === startTicks;
  for (const each of processes.filter(isThere)) {
    try {
      process.kill(each.pid, 'SIGKILL');
    } catch {
      // ended since it was looked at
    }
  }
  const deadline = performance.now() + endDeadlineMs;
  while (processes.some(isThere) && performance.now() < deadline) await sleep(10);
}
