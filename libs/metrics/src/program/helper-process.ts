import { spawn, type Serializable } from 'node:child_process';
import { on } from 'node:events';
import { pinned } from '../affinity/pin.ts';

/** A script of this suite that runs in a process of its own and is spoken to over IPC. */
export interface HelperProcess {
  readonly pid: number;
  /**
   * Waits for its next message, after sending it one.
   * @throws Error in one line when it ends, or sends nothing in time; the signal's reason when aborted.
   */
  ask(message: Serializable | undefined, deadlineMs: number): Promise<unknown>;
  /** Ends it; fulfilled when it is gone. May be called twice. */
  stop(): Promise<void>;
}

type HelperOptions = {
  /** What it is called in messages: "the instant server". */
  readonly name: string;
  /** Path of the script, which ends when it is disconnected from its parent. */
  readonly script: string;
  readonly arguments?: readonly string[];
  /** CPUs that it may use; undefined leaves it unpinned. */
  readonly cpus: readonly number[] | undefined;
  readonly variables?: Readonly<Record<string, string>>;
  /** Ends it, too. */
  readonly signal: AbortSignal;
};

/** Starts a script in a process of its own. Ctrl-C does not reach it: this process ends it in order. */
export function startHelper(options: HelperOptions): HelperProcess {
  const { name, script, arguments: given = [], cpus, variables, signal } = options;
  signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [script, ...given] }, cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...variables },
    detached: true,
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2000);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    // one that could not be started
    child.once('error', () => resolve());
  });
  const messages = on(child, 'message', { close: ['close'] });
  const end = (): void => {
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', end);
  return {
    pid: child.pid ?? 0,
    ask: async (message, deadlineMs) => {
      try {
        if (message !== undefined && child.connected) child.send(message);
        const next = await Promise.race([messages.next(), silence(deadlineMs)]);
        const [answer] = (next as IteratorResult<readonly unknown[], undefined>).value ?? [];
        if (answer === undefined) throw new Error('it has ended');
        return answer;
      } catch (cause) {
        signal.throwIfAborted();
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(
          `${name} (pid ${child.pid ?? '?'}): ${why}${complaints && `: ${complaints.trim()}`}`,
          { cause },
        );
      }
    },
    stop: async () => {
      signal.removeEventListener('abort', end);
      end();
      await gone;
    },
  };
}

/** Rejects after that time. */
function silence(deadlineMs: number): Promise<never> {
  return new Promise((_, reject) => {
    AbortSignal.timeout(deadlineMs).addEventListener('abort', () => {
      reject(new Error(`no answer within ${deadlineMs} ms`));
    });
  });
}
