import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment, type Variables } from './child-environment.ts';
import { plainText } from './plain-text.ts';

/** How to run a program to its end. */
export type ProgramOptions = {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly cwd?: string;
  /** Environment variables on top of what every child has ({@link childEnvironment}). */
  readonly variables?: Variables;
  /** The variables to inherit; those of this process unless told. */
  readonly inherited?: Variables;
  /** What it reads from stdin; nothing unless told. */
  readonly input?: string;
  /** Called with every line of both outputs, as it comes, made harmless to print. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Tells it to end: SIGTERM unless told. */
  readonly endSignal?: 'SIGINT' | 'SIGTERM';
  /** How long it may clean up after that before its whole process group is killed; 5 s unless told. */
  readonly graceMs?: number;
  /** What to call it in messages; the command and its arguments unless told. */
  readonly shownAs?: string;
  /** How many characters it may write to stdout: 64 Mi unless told. */
  readonly longestStdout?: number;
  /** Lines of output that say nothing about a failure. */
  readonly noise?: RegExp;
};

/** A program that ended by itself. */
export type ProgramResult = {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  /** The end of both outputs, line by line as they came, made harmless to print. */
  readonly said: string;
};

const longestLine = 2 ** 20;
const keptCharacters = 256 * 1024;
const shownLines = 8;
// a daemon that it started may hold its pipes open
const lastLinesMs = 1000;

/**
 * Runs a program with an argument array, without a shell, in a process group of its own, to its end. When aborted or late, the
 * group is told to end, and after the grace killed, so that no child of it is left.
 * @throws Error in one line when it cannot start, exceeds its deadline or writes too much; the reason of the signal
 *   when that is aborted; not when it fails.
 */
export async function awaitProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { signal, deadlineMs, cwd, input, onLine, graceMs = 5000, endSignal = 'SIGTERM' } = options;
  const { longestStdout = 64 * 2 ** 20 } = options;
  signal.throwIfAborted();
  const stopped = new AbortController();
  const late = AbortSignal.timeout(deadlineMs);
  const child = spawn(command, args, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // what it starts in turn ends with it, and Ctrl-C reaches it through us alone
    detached: true,
    env: childEnvironment(options.variables, options.inherited),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid, stdout: out, stderr } = child;
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, reason) => {
      resolve(code ?? reason ?? 'SIGKILL');
    });
  });
  // without file descriptors for them there are no pipes, and nothing is started
  if (pid === undefined || out === null || stderr === null) {
    const cause: unknown = await exited.catch((error: unknown) => error);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${shownOf(command, args, options)} cannot be run: ${why}`, { cause });
  }
  // it may end before it has read its input
  child.stdin?.on('error', () => undefined).end(input);
  let stdout = '';
  let said = '';
  const hear = (raw: string): void => {
    const line = plainText(raw);
    said += `${line}\n`;
    if (said.length > 2 * keptCharacters) said = said.slice(-keptCharacters);
    onLine?.(line);
  };
  const heard = Promise.all([
    eachLine(out, (line) => {
      if (stdout.length > longestStdout) stopped.abort();
      else stdout += `${line}\n`;
      hear(line);
    }),
    eachLine(stderr, hear),
  ]);
  let ending: Promise<void> | undefined;
  const end = (): void => {
    ending = endGroup(pid, endSignal, graceMs);
  };
  const stop = AbortSignal.any([signal, late, stopped.signal]);
  stop.addEventListener('abort', end, { once: true });
  try {
    const code = await exited;
    await Promise.race([heard, sleep(lastLinesMs, undefined, { ref: false })]);
    signal.throwIfAborted();
    const shown = shownOf(command, args, options);
    if (stopped.signal.aborted)
      throw new Error(`${shown} was ended: it wrote more than ${longestStdout} characters`);
    // it may have done its work in time, and its end took longer
    if (late.aborted && code !== 0) {
      throw new Error(
        `${shown} was ended after ${deadlineMs} ms: ${lastLines(said, shownLines, options.noise)}`,
      );
    }
    return { code, stdout, said };
  } finally {
    stop.removeEventListener('abort', end);
    await ending;
    out.destroy();
    stderr.destroy();
  }
}

/**
 * As {@link awaitProgram}.
 * @returns what it wrote to stdout.
 * @throws Error also when it fails, with the command and its last lines of output.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const { code, stdout, said } = await awaitProgram(command, args, options);
  if (code === 0) return stdout;
  const why = lastLines(said, shownLines, options.noise);
  throw new Error(`${shownOf(command, args, options)} failed with ${code}${why === '' ? '' : `: ${why}`}`);
}

/** The last lines of another program's text that are not blank, harmless, joined by " | " so that they stay one line. */
export function lastLines(text: string, lines: number, noise?: RegExp): string {
  return plainText(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && noise?.test(line) !== true)
    .slice(-lines)
    .join(' | ');
}

/** Asks a process group to end, and makes what is left of it end after the grace. */
async function endGroup(leaderPid: number, by: NodeJS.Signals, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let isThere = signalGroup(leaderPid, by);
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

function shownOf(command: string, args: readonly string[], { shownAs }: ProgramOptions): string {
  return shownAs ?? [command, ...args].join(' ');
}

/** Longer lines come in pieces. */
async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line.replace(/\r$/, ''));
    if (rest.length < longestLine) return;
    take(rest);
    rest = '';
  });
  await new Promise<void>((resolve) => stream.once('close', resolve));
  if (rest !== '') take(rest);
}

/** @returns the path of a program in the folders of PATH, or undefined. An empty entry, which is the working directory, counts for nothing. */
export function findProgram(name: string, path = process.env.PATH): string | undefined {
  return (path ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
