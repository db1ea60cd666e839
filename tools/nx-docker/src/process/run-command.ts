import { spawn } from 'node:child_process';

/** How to run a command to its end. */
export type CommandOptions = {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
};

/**
 * Runs a program with an argument array and returns what it wrote to stdout.
 * @throws Error with the command and its last lines of output when it fails, cannot start or exceeds its deadline.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { signal, deadlineMs, cwd, env } = options;
  signal.throwIfAborted();
  const late = AbortSignal.timeout(deadlineMs);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  const ended = Promise.withResolvers<number | string>();
  child.once('error', ended.reject);
  child.once('close', (code, reason) => {
    ended.resolve(code ?? reason ?? 'unknown');
  });
  let out = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // SIGTERM, so that the program can clean up; SIGKILL when it does not
  const end = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  };
  const stop = AbortSignal.any([signal, late]);
  stop.addEventListener('abort', end, { once: true });
  try {
    const code = await ended.promise;
    signal.throwIfAborted();
    if (code === 0) return out;
    const how = late.aborted ? `was ended after ${deadlineMs} ms` : `failed with ${code}`;
    throw new Error(`${command} ${args[0] ?? ''} ${how}: ${lastLines(said, 5)}`);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new Error(`${command} cannot be run: ${error.message}`, { cause: error });
    throw error;
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** The last lines of a text that are not blank, joined by " | " so that they stay one line. */
function lastLines(text: string, lines: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .join(' | ');
}
