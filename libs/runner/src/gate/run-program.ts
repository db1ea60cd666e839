import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/** How to run a program to its end. */
export type ProgramOptions = {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** What to call it in messages; the command and its arguments unless told. */
  readonly shownAs?: string;
  /** Called with what it writes as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Lines of output that say nothing about a failure. */
  readonly noise?: RegExp;
};

const shownLines = 8;
const graceMs = 10_000;

/**
 * Runs a program with an argument array, in a process group of its own.
 * @returns what it wrote to stdout.
 * @throws Error in one line with the command and its last lines of output when it fails, cannot start or takes too long;
 *   the reason of the signal when that is aborted. Nothing of its group is then left running.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const { cwd, signal, deadlineMs, env = process.env, onOutput } = options;
  signal.throwIfAborted();
  const late = AbortSignal.timeout(deadlineMs);
  // a group of its own: what it starts in turn ends with it, and Ctrl-C reaches it through us alone
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  const { pid } = child;
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const shown = options.shownAs ?? [command, ...args].join(' ');
  if (pid === undefined) {
    // there may be no pipes either: without file descriptors for them nothing is started
    const cause: unknown = await ended.catch((error: unknown) => error);
    throw new Error(`${shown} cannot be run: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    said += text;
    onOutput?.(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    onOutput?.(text);
  });
  let ending: Promise<void> | undefined;
  const stop = AbortSignal.any([signal, late]);
  const end = (): void => {
    ending = pid === undefined ? undefined : endGroup(pid);
  };
  stop.addEventListener('abort', end, { once: true });
  try {
    const [code, reason] = await ended;
    if (code === 0) return out;
    signal.throwIfAborted();
    const how = late.aborted ? `was ended after ${deadlineMs} ms` : `failed with ${code ?? reason ?? '?'}`;
    throw new Error(`${shown} ${how}: ${lastLines(said, options.noise)}`);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new Error(`${shown} cannot be run: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    stop.removeEventListener('abort', end);
    await ending;
  }
}

/** Asks a process group to end, and makes what is left of it end after the grace. */
async function endGroup(leaderPid: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let isThere = signalGroup(leaderPid, 'SIGTERM');
  while (isThere && performance.now() < deadline) {
    await sleep(50);
    isThere = signalGroup(leaderPid, 0);
  }
  if (isThere) signalGroup(leaderPid, 'SIGKILL');
}

/** @returns whether there was anybody in the group. */
function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leaderPid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The last lines of a text that are not blank, joined so that they stay one line. */
function lastLines(text: string, noise?: RegExp): string {
  return stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && noise?.test(line) !== true)
    .slice(-shownLines)
    .join(' | ');
}
