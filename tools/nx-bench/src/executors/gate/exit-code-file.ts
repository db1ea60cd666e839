import { once } from 'node:events';
import { readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';

/** Names the file that a gate writes its exit code to: Nx itself ends with 0 or 1. */
export const exitCodeVariable = 'TARE_GATE_EXIT_CODE_FILE';

const socketSuffix = '.caller';

/**
 * Writes the exit code to the file that the variable names; does nothing without it. Where the caller is gone, it removes what
 * the caller made for the file instead.
 */
export async function reportExitCode(
  exitCode: number,
  variables: Readonly<Record<string, string | undefined>>,
  gone: AbortSignal,
): Promise<void> {
  const path = variables[exitCodeVariable];
  if (path === undefined || path === '') return;
  if (!gone.aborted) {
    await writeFile(path, String(exitCode));
    return;
  }
  for (const file of [path, `${path}${socketSuffix}`]) await rm(file, { force: true });
  // leave the folder if there is anything else in it
  await rmdir(dirname(path)).catch(() => undefined);
}

/** @returns the exit code in a file; undefined when no gate has written one. */
export async function readExitCode(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^[0-3]$/.test(text) ? Number(text) : undefined;
}

/** Makes this process known as the one that waits for the exit code in a file, for as long as it lives. */
export async function answerForCaller(path: string): Promise<void> {
  // Windows has no sockets in folders
  if (process.platform === 'win32') return;
  const server = createServer((socket) => {
    socket.on('error', () => undefined).unref();
  });
  await once(server.listen(`${path}${socketSuffix}`).unref(), 'listening');
}

/**
 * @returns a signal that aborts when the process that waits for the exit code has ended; Nx, the process in
 *   between, then lives on. Never aborts without the variable.
 */
export function callerGone(variables: Readonly<Record<string, string | undefined>>): AbortSignal {
  const controller = new AbortController();
  const path = variables[exitCodeVariable];
  if (path !== undefined && path !== '' && process.platform !== 'win32') {
    const socket = connect(`${path}${socketSuffix}`).unref();
    // without a socket nobody waits
    let isAwaited = true;
    socket.on('error', (error) => {
      isAwaited = !('code' in error && error.code === 'ENOENT');
    });
    socket.on('close', () => {
      if (!isAwaited) return;
      controller.abort(new Error('ended, for tare-gate, which had started this, has ended'));
    });
  }
  return controller.signal;
}
