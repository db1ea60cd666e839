import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { childEnvironment } from './child-environment.ts';

/** A process that waits to clean up after this one. */
export interface StandBy {
  /** Resolves when it is nobody's descendant any more, with whether it has started. Never rejects. */
  readonly launched: Promise<boolean>;
  /** This process has cleaned up itself: nothing to do. */
  dismiss(): void;
}

// Node closes the standard input of a child that has ended, whoever else still has it: so the pipe is another one
const pipe = 3;

/**
 * Starts a process that waits for the end of this one, however that ends. It has a session of its own, and is nobody's
 * descendant: Nx ends all descendants of a task that is to end.
 * @param file what it runs, which calls {@link standBy}.
 * @param words the arguments of the file.
 */
export function postStandBy(file: string, words: readonly string[]): StandBy {
  const child = spawn(process.execPath, [file, 'launch', ...words], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
    env: childEnvironment(),
  });
  const { promise: launched, resolve } = Promise.withResolvers<boolean>();
  child.on('error', () => {
    resolve(false);
  });
  child.on('exit', (code) => {
    resolve(code === 0);
  });
  const line = child.stdio[pipe] as Socket | null | undefined;
  line?.on('error', () => undefined);
  // it outlives this process, which waits for its launch alone
  line?.unref();
  return {
    launched,
    dismiss: () => {
      line?.end('dismissed');
    },
  };
}

/**
 * The other side, to be called first in the file that {@link postStandBy} runs.
 * @returns its arguments, once the process that posted it is no more. Ends this process if that dismissed it.
 */
export async function standBy(): Promise<readonly string[]> {
  const [file = '', step, ...words] = process.argv.slice(1);
  if (step === 'launch') {
    // who waits is the child of a process that is no more
    const stdio = ['ignore', 'ignore', 'ignore', pipe] as const;
    spawn(process.execPath, [file, 'wait', ...words], { stdio: [...stdio], detached: true }).unref();
    process.exit(0);
  }
  // a signal to the terminal or process group of the other must not end this process
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const line = new Socket({ fd: pipe });
  let said = '';
  line.on('data', (chunk: Buffer) => (said += chunk.toString()));
  line.on('error', () => undefined);
  await new Promise((resolve) => line.on('close', resolve));
  if (said === 'dismissed') process.exit(0);
  return words;
}
