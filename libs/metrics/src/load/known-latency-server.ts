import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinned } from '../affinity/pin.ts';
import type { LatencyProfile } from './latency-profile.ts';

/** What the server's process is sent by its parent. */
export type KnownLatencyJob = {
  readonly profile: LatencyProfile;
  /** Whether it has CPUs of its own, so that it may poll the clock all the time. */
  readonly spin: boolean;
};

/** What the server's process sends to its parent. */
export type KnownLatencyMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'served'; readonly requests: readonly ServedRequest[] };

/** A request as the server saw it, in milliseconds of the machine's monotonic clock (`process.hrtime`). */
export type ServedRequest = { readonly arrivedMs: number; readonly repliedMs: number };

export type KnownLatencyOptions = LatencyProfile & {
  /** CPUs that the server may use, one for it alone if it shall be exact; undefined leaves it unpinned. */
  readonly cpus: readonly number[] | undefined;
  readonly signal: AbortSignal;
};

export type KnownLatencyServer = {
  /** As in "http://127.0.0.1:4000". Answers 200 on every path. */
  readonly origin: string;
  /** The requests answered so far, in the order of their replies: the server's own record of its latencies. */
  readonly served: () => Promise<readonly ServedRequest[]>;
  /** Ends the process; fulfilled when it is gone. */
  readonly stop: () => Promise<void>;
};

const startDeadlineMs = 10_000;

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /known-latency-server\.([jt]s)$/,
  'known-latency-process.$1',
);

/**
 * Starts an HTTP server whose latency is known, in a process of its own: what a load generator is checked against.
 * @throws Error when it does not listen within 10 s; the signal's reason when aborted. An abort later ends it, too.
 */
export async function startKnownLatencyServer(options: KnownLatencyOptions): Promise<KnownLatencyServer> {
  const { cpus, signal, ...profile } = options;
  signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [processFile] }, cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = (): void => {
    child.kill('SIGKILL');
  };
  const stop = async (): Promise<void> => {
    signal.removeEventListener('abort', end);
    end();
    await exited;
  };
  signal.addEventListener('abort', end);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        const said = complaints && `: ${complaints.trim()}`;
        reject(new Error(`the server of known latency ${why}${said}`, { cause }));
      };
      child.once('error', (error) => {
        fail(`could not be started: ${error.message}`, error);
      });
      child.once('close', (code, by) => {
        if (signal.aborted) reject(signal.reason as Error);
        else fail(`ended early (${by ?? `exit code ${code ?? '?'}`})`);
      });
      AbortSignal.timeout(startDeadlineMs).addEventListener('abort', () => {
        fail(`did not listen within ${startDeadlineMs} ms`);
      });
      child.on('message', (message: KnownLatencyMessage) => {
        if (message.kind === 'listening') resolve(message.port);
        if (message.kind === 'ready')
          child.send({ profile, spin: cpus !== undefined } satisfies KnownLatencyJob);
      });
    });
    const served = (): Promise<readonly ServedRequest[]> =>
      new Promise((resolve, reject) => {
        child.once('message', (message: KnownLatencyMessage) => {
          if (message.kind === 'served') resolve(message.requests);
          else reject(new Error('the server of known latency did not tell what it served'));
        });
        child.once('close', () => {
          reject(new Error('the server of known latency has ended'));
        });
        child.send('served');
      });
    return { origin: `http://127.0.0.1:${port}`, served, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
