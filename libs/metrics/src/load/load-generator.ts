import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pinned } from '../affinity/pin.ts';
import {
  GeneratorError,
  SideError,
  type LoadOutcome,
  type LoadSide,
  type LoadSpec,
  type Moment,
  type OpenOutcome,
  type OpenSpec,
  type OpenWindow,
} from './load-spec.ts';
import { connectionsBeforehand } from './open-sender.ts';
import { requestSequence } from './request-mix.ts';
import { constantRate } from './send-clock.ts';

export type GeneratorOptions = {
  /**
   * CPUs that the generator may use. Undefined leaves it unpinned; it may then share a CPU with the server, so its open
   * loop sends by timers alone, up to a millisecond late.
   */
  readonly cpus: readonly number[] | undefined;
  /** How long to wait for the outcome. */
  readonly deadlineMs: number;
  /** Called with the id of the generator's process as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
  /** Called within some milliseconds of each moment. An open window ends with its time: replies may still be awaited. */
  readonly onMoment?: (moment: Moment) => void;
  readonly signal: AbortSignal;
};

/** What the generator's process is sent by its parent. */
export type GeneratorJob = (
  { readonly kind: 'load'; readonly spec: LoadSpec } | { readonly kind: 'open'; readonly spec: OpenSpec }
) & {
  /** Whether the generator has CPUs of its own, so that it may poll the clock between two sends. */
  readonly spin: boolean;
};

/** What the generator's process sends to its parent. */
export type GeneratorMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'moment'; readonly moment: Moment }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly LoadOutcome[] }
  | { readonly kind: 'open-outcome'; readonly outcome: OpenOutcome }
  | { readonly kind: 'side-failed'; readonly side: number; readonly message: string }
  | { readonly kind: 'generator-failed'; readonly message: string; readonly isShortage: boolean };

// source runs as .ts, a published build as .js; the process's file stands beside this one in both
const processFile = fileURLToPath(import.meta.url).replace(
  /load-generator\.([jt]s)$/,
  'generator-process.$1',
);

/**
 * Loads a server from a process of its own, away from the runner's garbage collector and off the server's CPUs: warm-up,
 * closed window, and the open one if there is one.
 * @throws SideError for a server that fails: wrong replies, more failures than replies, or no more replies.
 *   GeneratorError if the generator itself lacks something. Error when the spec asks for something
 *   impossible, when the generator fails, ends early, or misses its deadline; the signal's reason when
 *   aborted. The process is ended in every case.
 */
export async function generateLoad(
  { origin, requests, closesConnections, open, ...spec }: LoadSide & Omit<LoadSpec, 'sides'>,
  options: GeneratorOptions,
): Promise<LoadOutcome> {
  const side = { origin, requests, ...(open && { open }), ...(closesConnections && { closesConnections }) };
  const [outcome] = await generateSlices({ ...spec, sides: [side] }, options);
  if (outcome === undefined) throw new Error('the load generator sent no outcome');
  return outcome;
}

/**
 * Loads servers that share the time in slices; then runs the open windows, in longer slices.
 * @returns the outcome of each side, in their order.
 * @throws as generateLoad does.
 */
export async function generateSlices(
  spec: LoadSpec,
  options: GeneratorOptions,
): Promise<readonly LoadOutcome[]> {
  let connections = 0;
  for (const { requests, open } of spec.sides) {
    requestSequence(requests, 0);
    if (open !== undefined) checkOpenWindow(open);
    connections += Math.max(spec.connections, open === undefined ? 0 : connectionsBeforehand(open.rateRps));
  }
  requireOpenFiles(connections);
  return perform({ kind: 'load', spec, spin: options.cpus !== undefined }, options, (message) =>
    message.kind === 'outcomes' ? message.outcomes : undefined,
  );
}

/**
 * Runs an open window alone, in a process of its own. A rate above what the generator can send shows as late
 * sends; whatever a server beyond its capacity does is only counted.
 * @throws as generateLoad does; SideError of wrong replies only.
 */
export async function generateOpenLoad(spec: OpenSpec, options: GeneratorOptions): Promise<OpenOutcome> {
  checkOpenWindow(spec.open);
  requestSequence(spec.requests, 0);
  requireOpenFiles(connectionsBeforehand(spec.open.rateRps));
  return perform({ kind: 'open', spec, spin: options.cpus !== undefined }, options, (message) =>
    message.kind === 'open-outcome' ? message.outcome : undefined,
  );
}

function checkOpenWindow({ rateRps, durationMs }: OpenWindow): void {
  constantRate(rateRps);
  if (!Number.isFinite(durationMs) || durationMs <= 0)
    throw new Error(`durationMs of the open window: ${durationMs}: expected a finite number above 0`);
}

// Node, the pipes to the parent, and the server that the client is trained with
const filesBeside = 64;

/**
 * Node raises its soft limit of open files to the hard one when it starts, so what is missing then is missing for good.
 * @throws GeneratorError when that number of connections cannot be open at once.
 */
function requireOpenFiles(connections: number): void {
  const needed = connections + filesBeside;
  const limit = openFilesLimit();
  if (limit >= needed) return;
  throw new GeneratorError(
    `the load generator needs ${needed} open files for ${connections} connections, and may have ${limit}: raise the limit with \`ulimit -Hn ${needed} && ulimit -n ${needed}\`, or use fewer connections`,
  );
}

/** @returns how many files this process may have open; Infinity where the system has no such limit, or keeps it elsewhere. */
export function openFilesLimit(): number {
  try {
    return openFilesLimitIn(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return Infinity;
  }
}

/** The soft limit in the text of /proc/self/limits. */
export function openFilesLimitIn(limits: string): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

/** What tells Node, when it starts, which authorities it trusts besides its own. */
function trustedAuthorities(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS, NODE_USE_SYSTEM_CA } = process.env;
  return {
    ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
    ...(NODE_USE_SYSTEM_CA && { NODE_USE_SYSTEM_CA }),
  };
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
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...trustedAuthorities() },
  });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const over = new AbortController();
  // a listener that stays would keep all of this load as long as the signals, which may be those of a whole run
  const whileLoading = { signal: over.signal };
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
      const tooLate = (): void => fail(`gave no outcome within ${options.deadlineMs} ms`);
      const abort = (): void => reject(options.signal.reason as Error);
      deadline.addEventListener('abort', tooLate, whileLoading);
      options.signal.addEventListener('abort', abort, whileLoading);
      child.on('message', (message: GeneratorMessage) => {
        switch (message.kind) {
          case 'ready':
            child.send(job);
            break;
          case 'moment':
            options.onMoment?.(message.moment);
            break;
          case 'outcomes':
          case 'open-outcome': {
            const outcome = outcomeOf(message);
            if (outcome === undefined) fail('sent the outcome of another job');
            else resolve(outcome);
            break;
          }
          case 'side-failed':
            reject(new SideError(message.side, message.message));
            break;
          case 'generator-failed':
            if (message.isShortage)
              reject(new GeneratorError(`the load generator itself failed: ${message.message}`));
            else fail(`failed: ${message.message}`);
            break;
        }
      });
    });
  } finally {
    over.abort();
    child.kill('SIGKILL');
    await exited;
  }
}
