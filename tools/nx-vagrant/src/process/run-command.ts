import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { endGroup } from './end-group.ts';

/** How to run a command to its end. */
export type CommandOptions = {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with every line of both outputs, as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** How long it may clean up after SIGINT before its whole process group is killed; 5 s where not given. */
  readonly graceMs?: number;
};

/** A command that ended by itself. */
export type CommandResult = {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  /** Both outputs, line by line as they came. */
  readonly said: string;
};

/**
 * Runs a program with an argument array, in a process group of its own, to its end. When aborted or late, the group gets
 * SIGINT, and after the grace SIGKILL, so that no child of it is left.
 * @throws Error when it cannot start, is aborted, or exceeds its deadline; not when it fails.
 */
export async function awaitCommand(
  command: string,
  args: readonly string[],
  { signal, deadlineMs, cwd, env, onLine, graceMs = 5_000 }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(deadlineMs);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  const ended = Promise.withResolvers<number | NodeJS.Signals>();
  child.once('error', ended.reject);
  child.once('exit', (code, reason) => {
    ended.resolve(code ?? reason ?? 'SIGKILL');
  });
  let stdout = '';
  let said = '';
  const hear = (line: string): void => {
    said += `${line}\n`;
    onLine?.(line);
  };
  const heard = Promise.all([
    eachLine(child.stdout, (line) => {
      stdout += `${line}\n`;
      hear(line);
    }),
    eachLine(child.stderr, hear),
  ]);
  let ending = Promise.resolve();
  const end = (): void => {
    if (child.pid !== undefined) ending = endGroup(child.pid, graceMs);
  };
  const stop = AbortSignal.any([signal, late]);
  stop.addEventListener('abort', end, { once: true });
  try {
    const code = await ended.promise;
    await ending;
    signal.throwIfAborted();
    if (late.aborted) {
      throw new Error(`${shown(command, args)} was ended after ${deadlineMs} ms: ${lastLines(said, 5)}`);
    }
    // a daemon that it started may hold the pipes open
    await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    return { code, stdout, said };
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new Error(`${command} cannot be run: ${error.message}`, { cause: error });
    throw error;
  } finally {
    stop.removeEventListener('abort', end);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/**
 * As {@link awaitCommand}, and returns what it wrote to stdout.
 * @throws Error also when it fails, with the command and its last lines of output.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { code, stdout, said } = await awaitCommand(command, args, options);
  if (code !== 0) throw new Error(`${shown(command, args)} failed with ${code}: ${lastLines(said, 5)}`);
  return stdout;
}

/** The last lines of a text that are not blank, joined by " | " so that they stay one line. */
export function lastLines(text: string, lines: number): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-lines)
    .join(' | ');
}

function shown(command: string, args: readonly string[]): string {
  return [command, ...args].join(' ');
}

async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  // a stream that is destroyed at the end of its process rejects the iteration
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', take);
  await new Promise<void>((resolve) => lines.once('close', resolve));
}
