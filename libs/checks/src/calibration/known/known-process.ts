import { spawn } from 'node:child_process';
import { on } from 'node:events';
import { pinned } from '@tare/metrics';
import type { z } from 'zod';

/** A process that knows the truth about itself and tells it when asked. */
export type KnownProcess = {
  readonly pid: number;
  /**
   * Asks it over IPC and waits for its answer.
   * @throws Error when it ends, does not answer in time, or answers something else; the signal's reason when aborted.
   */
  ask<Answer>(question: string, answer: z.ZodType<Answer>): Promise<Answer>;
  /** Ends it. May be called twice. */
  stop(): Promise<void>;
};

export type KnownProcessOptions = {
  /** What its script finds in process.argv after its own path. */
  readonly arguments: readonly string[];
  /** CPUs it may use; undefined leaves it unpinned. */
  readonly cpus: readonly number[] | undefined;
  readonly variables?: Readonly<Record<string, string>>;
  /** It gets no older than this. */
  readonly lifetimeMs: number;
  readonly signal: AbortSignal;
};

/** Starts a script of this library in a process of its own, which ends with its parent. */
export function startKnownProcess(script: string, options: KnownProcessOptions): KnownProcess {
  options.signal.throwIfAborted();
  const command = pinned({ file: process.execPath, arguments: [script, ...options.arguments] }, options.cpus);
  const child = spawn(command.file, command.arguments, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...options.variables },
    // Ctrl-C in the terminal reaches the parent, which then ends it in order
    detached: true,
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const deadline = AbortSignal.timeout(options.lifetimeMs);
  const messages = on(child, 'message', {
    signal: AbortSignal.any([options.signal, deadline]),
    close: ['close'],
  });
  const name = script.replace(/^.*\//, '');
  return {
    pid: child.pid ?? 0,
    ask: async (question, answer) => {
      try {
        if (child.connected) child.send(question);
        const next = (await messages.next()) as IteratorResult<readonly unknown[], undefined>;
        if (next.value === undefined) throw new Error('it has ended');
        return answer.parse(next.value[0]);
      } catch (cause) {
        options.signal.throwIfAborted();
        const why = deadline.aborted
          ? `no answer within ${options.lifetimeMs} ms of its start`
          : cause instanceof Error
            ? cause.message
            : String(cause);
        throw new Error(`${name} (pid ${child.pid ?? '?'}): ${why}`, { cause });
      }
    },
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
