import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned } from '@tare/metrics';

/** A server that does nothing but answer: what a load generator measures with it is the generator itself. */
export interface InstantServer {
  /** "http://127.0.0.1:40123". */
  readonly origin: string;
  stop(): Promise<void>;
}

const processFile = fileURLToPath(import.meta.url).replace(
  /instant-server\.([jt]s)$/,
  'instant-server-process.$1',
);
const startDeadlineMs = 10_000;

/**
 * Starts an HTTP server in a process of its own, on the CPUs that an app would have.
 * @throws Error when it does not listen in time; the signal's reason when aborted. The process is ended in either case.
 */
export async function startInstantServer(
  cpus: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<InstantServer> {
  signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [processFile] }, cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  const stop = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended;
  };
  const stopWaiting = AbortSignal.any([signal, AbortSignal.timeout(startDeadlineMs)]);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', (error) => {
        reject(new Error(`the instant server could not be started: ${error.message}`, { cause: error }));
      });
      child.once('close', () => {
        reject(new Error('the instant server ended before it listened'));
      });
      stopWaiting.addEventListener('abort', () => {
        const late = new Error(`the instant server did not listen within ${startDeadlineMs} ms`);
        reject(signal.aborted ? (signal.reason as Error) : late);
      });
    });
    return { origin: `http://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
