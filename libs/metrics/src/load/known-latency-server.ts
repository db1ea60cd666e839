import { fileURLToPath } from 'node:url';
import { startHelper } from '../program/helper-process.ts';
import type { LatencyProfile } from './latency-profile.ts';

/** What the server's process is sent by its parent. */
export type KnownLatencyJob = {
  readonly profile: LatencyProfile;
  /** Whether it has CPUs of its own, so that it may poll the clock all the time. */
  readonly spin: boolean;
};

/** What the server's process sends to its parent. */
export type KnownLatencyMessage =
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

const answerDeadlineMs = 10_000;

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
  const helper = startHelper({ name: 'the server of known latency', script: processFile, cpus, signal });
  const ask = async <Kind extends KnownLatencyMessage['kind']>(
    job: KnownLatencyJob | 'served',
    kind: Kind,
  ) => {
    const message = (await helper.ask(job, answerDeadlineMs)) as KnownLatencyMessage;
    if (message.kind === kind) return message as Extract<KnownLatencyMessage, { readonly kind: Kind }>;
    throw new Error(`the server of known latency sent "${message.kind}", expected "${kind}"`);
  };
  try {
    const { port } = await ask({ profile, spin: cpus !== undefined }, 'listening');
    return {
      origin: `http://127.0.0.1:${port}`,
      served: async () => (await ask('served', 'served')).requests,
      stop: () => helper.stop(),
    };
  } catch (error) {
    await helper.stop();
    throw error;
  }
}
