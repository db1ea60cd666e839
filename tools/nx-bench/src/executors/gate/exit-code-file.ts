import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/** Names the file that a gate writes its exit code to: Nx itself ends with 0 or 1. */
export const exitCodeVariable = 'TARE_GATE_EXIT_CODE_FILE';

/** Writes the exit code to the file that the variable names; does nothing without it. */
export async function reportExitCode(
  exitCode: number,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const path = variables[exitCodeVariable];
  if (path !== undefined && path !== '') await writeFile(path, String(exitCode));
}

/** @returns the exit code in a file; undefined when no gate has written one. */
export async function readExitCode(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^[0-3]$/.test(text) ? Number(text) : undefined;
}

const socketSuffix = '.caller';

/** Makes this process known as the one that waits for the exit code in a file, for as long as it lives. */
export async function answerForCaller(path: string): Promise<void> {
  // there are no sockets in folders
  if (process.platform === 'win32') return;
  const server = createServer((socket) => {
    socket.on('error', () => undefined).unref();
  });
  await once(server.listen(`${path}${socketSuffix}`).unref(), 'listening');
}

/**
 * @returns a signal that aborts when the process that waits for the exit code has ended: Nx, which stands between, lives on
 *   then. Never without the variable.
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
