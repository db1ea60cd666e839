import { readlinkSync } from 'node:fs';
import { findProcess, listProcesses, namespacedPid, textIfThere, type ProcessStat } from '@tare/metrics';

/** The environment variable that carries the run's id into every process that a run starts. */
export const runVariable = 'TARE_RUN';

/** The environment variable that names the environment that a process was started by. */
export const environmentVariable = 'TARE_ENVIRONMENT';

/** The environment variable that names the process that runs the run: see {@link thisRunner}. */
export const runnerVariable = 'TARE_RUNNER';

/** @returns the environment variables that mark a process that this one starts for a run. */
export function runMarks(runId: string, environment: string): Readonly<Record<string, string>> {
  return { [runVariable]: runId, [environmentVariable]: environment, [runnerVariable]: thisRunner() };
}

/** What a runner's mark looks like, for names that hold one. */
export const runnerPattern = /[0-9a-f]{8}(?:\.\d+){4}/;

// the first pid namespace of a boot: from it every process can be seen (PROC_PID_INIT_INO)
const firstPidNamespace = '4026531836';

let mark: string | undefined;

/**
 * Names this process for good, for every user and in every namespace: the boot, its pid namespace, its user, its pid there,
 * and its start in clock ticks since the boot. May stand in file names, labels and titles.
 */
export function thisRunner(): string {
  mark ??= [
    bootId(),
    pidNamespace(),
    process.getuid?.() ?? 0,
    process.pid,
    findProcess('self')?.startTicks ?? 0,
  ].join('.');
  return mark;
}

/**
 * Whether what carries a runner's mark may be removed: its runner was this user's, and is known to have ended. In doubt (a
 * process of a pid namespace that cannot be seen from here, no mark) it may not.
 * @param isOfThisHost whether the thing cannot have come from another machine, so that another boot was an earlier one.
 */
export function isRunnerGone(runner: string | undefined, isOfThisHost = true): boolean {
  const found = parseRunner(runner);
  if (found?.user !== (process.getuid?.() ?? 0)) return false;
  if (found.boot !== bootId()) return isOfThisHost;
  if (findRunner(runner) !== undefined) return false;
  return [found.pidNamespace, firstPidNamespace].includes(pidNamespace());
}

/**
 * Whether something that carries the marks of a run may be removed by who cleans up.
 * @param wanted after this run: not what another process has started that lives and has gone on with the run; undefined for
 *   after every run whose runner is known to have ended.
 * @param isOfThisHost as of {@link isRunnerGone}.
 */
export function isLeft(
  { run, runner }: { readonly run: string | undefined; readonly runner: string | undefined },
  wanted: string | undefined,
  isOfThisHost = true,
): boolean {
  if (wanted === undefined) return isRunnerGone(runner, isOfThisHost);
  return run === wanted && (runner === thisRunner() || findRunner(runner) === undefined);
}

/** @returns the living process that a runner's mark names, as it is seen from here. */
export function findRunner(runner: string | undefined): ProcessStat | undefined {
  const found = parseRunner(runner);
  if (found?.boot !== bootId()) return undefined;
  return listProcesses().find(
    ({ pid, startTicks }) => startTicks === found.startTicks && namespacedPid(pid) === found.pid,
  );
}

type Runner = {
  readonly boot: string;
  readonly pidNamespace: string;
  readonly user: number;
  readonly pid: number;
  readonly startTicks: number;
};

function parseRunner(text = ''): Runner | undefined {
  if (runnerPattern.exec(text)?.[0] !== text) return undefined;
  const [boot = '', pidNamespace = '', user, pid, startTicks] = text.split('.');
  return { boot, pidNamespace, user: Number(user), pid: Number(pid), startTicks: Number(startTicks) };
}

function bootId(): string {
  return textIfThere('/proc/sys/kernel/random/boot_id').slice(0, 8) || '00000000';
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    // without /proc no runner is ever known to be gone
    return '0';
  }
}
