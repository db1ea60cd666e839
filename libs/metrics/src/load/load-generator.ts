import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned } from '../affinity/pin.ts';
import type { GeneratorMessage, LoadOrder, LoadOutcome } from './load-order.ts';

export type GeneratorOptions = {
  /** CPUs that the generator may use; undefined leaves it unpinned. */
  readonly cpus: readonly number[] | undefined;
  /** Gives up when the outcome is not there after this long. */
  readonly deadlineMs: number;
  /** Called when the window begins and when it ends; within about a millisecond of the moment. */
  readonly onWindowStart?: () => void;
  readonly onWindowEnd?: () => void;
  readonly signal: AbortSignal;
};

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /load-generator\.([jt]s)$/,
  'generator-process.$1',
);

/**
 * Runs a load order in a process of its own, away from the runner's garbage collector and off the server's CPUs.
 * @throws Error when the generator fails, ends early, or misses its deadline; the signal's reason when aborted.
 *   The process is ended in every case.
 */
export async function generateLoad(order: LoadOrder, options: GeneratorOptions): Promise<LoadOutcome> {
  options.signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [processFile] }, options.cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const deadline = AbortSignal.timeout(options.deadlineMs);
  try {
    return await new Promise<LoadOutcome>((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        reject(new Error(`the load generator ${why}${complaints && `: ${complaints.trim()}`}`, { cause }));
      };
      child.once('error', (error) => {
        fail(`could not be started: ${error.message}`, error);
      });
      child.once('close', (code, signal) => {
        fail(`ended early (${signal ?? `exit code ${code ?? '?'}`})`);
      });
      deadline.addEventListener('abort', () => {
        fail(`gave no outcome within ${options.deadlineMs} ms`);
      });
      options.signal.addEventListener('abort', () => {
        reject(options.signal.reason as Error);
      });
      child.on('message', (message: GeneratorMessage) => {
        switch (message.kind) {
          case 'ready':
            child.send(order);
            break;
          case 'window-start':
            options.onWindowStart?.();
            break;
          case 'window-end':
            options.onWindowEnd?.();
            break;
          case 'outcome':
            resolve(message.outcome);
            break;
          case 'failed':
            fail(`failed: ${message.message}`);
            break;
        }
      });
    });
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}
