import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned } from '../affinity/pin.ts';
import type {
  GeneratorJob,
  GeneratorMessage,
  LoadOrder,
  LoadOutcome,
  LoadRequest,
  OpenOrder,
  OpenOutcome,
  OpenWindow,
  TurnsOrder,
} from './load-order.ts';
import { requestSequence } from './request-mix.ts';
import { constantRate } from './send-schedule.ts';

export type GeneratorOptions = {
  /**
   * CPUs that the generator may use. Undefined leaves it unpinned; it may then share a CPU with the server, so its open
   * loop sends by timers alone, up to a millisecond late.
   */
  readonly cpus: readonly number[] | undefined;
  /** Gives up when the outcome is not there after this long. */
  readonly deadlineMs: number;
  /** Called with the id of the generator's process as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
  /** Called when the window begins and when it ends; within about a millisecond of the moment. */
  readonly onWindowStart?: () => void;
  readonly onWindowEnd?: () => void;
  /** The same for each open window, which ends with its time: replies may still be awaited. */
  readonly onOpenStart?: () => void;
  readonly onOpenEnd?: () => void;
  readonly signal: AbortSignal;
};

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /load-generator\.([jt]s)$/,
  'generator-process.$1',
);

/**
 * Runs a load order in a process of its own, away from the runner's garbage collector and off the server's CPUs: the
 * warm-up and the closed window, then, where one is ordered, the open window.
 * @throws Error when the order asks for something impossible, when the generator fails, ends early, or misses its
 *   deadline; the signal's reason when aborted. The process is ended in every case.
 */
export async function generateLoad(order: LoadOrder, options: GeneratorOptions): Promise<LoadOutcome> {
  if (order.open !== undefined) checkOpenWindow(order.open);
  checkRequests(order.requests);
  return perform({ kind: 'load', order, spin: options.cpus !== undefined }, options, (message) =>
    message.kind === 'outcome' ? message.outcome : undefined,
  );
}

/**
 * Runs an open window alone, in a process of its own. A rate above what the generator can send shows as late sends.
 * @throws as generateLoad does.
 */
export async function generateOpenLoad(order: OpenOrder, options: GeneratorOptions): Promise<OpenOutcome> {
  checkOpenWindow(order.open);
  checkRequests(order.requests);
  return perform({ kind: 'open', order, spin: options.cpus !== undefined }, options, (message) =>
    message.kind === 'open-outcome' ? message.outcome : undefined,
  );
}

/**
 * Loads several servers in turns, from a process of its own; then each that has an open window in that, alone.
 * @returns the outcome of each side, in their order.
 * @throws as generateLoad does.
 */
export async function generateTurns(
  order: TurnsOrder,
  options: GeneratorOptions,
): Promise<readonly LoadOutcome[]> {
  for (const { requests, open } of order.sides) {
    checkRequests(requests);
    if (open !== undefined) checkOpenWindow(open);
  }
  return perform({ kind: 'turns', order, spin: options.cpus !== undefined }, options, (message) =>
    message.kind === 'turn-outcomes' ? message.outcome : undefined,
  );
}

function checkOpenWindow({ rateRps, durationMs }: OpenWindow): void {
  constantRate(rateRps);
  if (!Number.isFinite(durationMs) || durationMs <= 0)
    throw new Error(`durationMs of the open window: ${durationMs}: expected a finite number above 0`);
}

function checkRequests(requests: readonly LoadRequest[]): void {
  requestSequence(requests, 0);
}

async function perform<Outcome>(
  job: GeneratorJob,
  options: GeneratorOptions,
  outcomeOf: (message: GeneratorMessage) => Outcome | undefined,
): Promise<Outcome> {
  options.signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [processFile] }, options.cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // JSON would not keep the bytes of a body
    serialization: 'advanced',
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const deadline = AbortSignal.timeout(options.deadlineMs);
  try {
    return await new Promise<Outcome>((resolve, reject) => {
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
            child.send(job);
            break;
          case 'window-start':
            options.onWindowStart?.();
            break;
          case 'window-end':
            options.onWindowEnd?.();
            break;
          case 'open-start':
            options.onOpenStart?.();
            break;
          case 'open-end':
            options.onOpenEnd?.();
            break;
          case 'outcome':
          case 'open-outcome':
          case 'turn-outcomes': {
            const outcome = outcomeOf(message);
            if (outcome === undefined) fail('sent the outcome of another job');
            else resolve(outcome);
            break;
          }
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
