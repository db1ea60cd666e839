import type { PromiseExecutor } from '@nx/devkit';
import { plainText } from '@tare/metrics';
import { type GivenOptions, type OptionsOf, readOptions } from '@tare/options';
import type { z } from 'zod';

type Context = Parameters<PromiseExecutor>[1];

/**
 * An executor: reads its options by their table, and gives the work a signal that aborts when the task has to end. A wrong
 * option and a failure each print one line.
 * @param work resolves to whether it succeeded.
 */
export function executor<Table extends z.ZodObject>(
  table: Table,
  work: (options: OptionsOf<Table>, context: Context, signal: AbortSignal) => Promise<boolean>,
): PromiseExecutor<GivenOptions<Table['shape']>> {
  return (given, context) =>
    reportFailure(() => abortOnSignals((signal) => work(readOptions(table, given), context, signal)));
}

/** The message of an error, made harmless to print: it may quote the output of other programs. */
export function messageOf(error: unknown): string {
  return plainText(error instanceof Error ? error.message : String(error));
}

/** Runs the work of a task. A failure prints its message, without a stack, and makes the task unsuccessful. */
export async function reportFailure(work: () => Promise<boolean>): Promise<{ success: boolean }> {
  try {
    return { success: await work() };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return { success: false };
  }
}

// the only sign of a parent's end is another parent; a look costs less than a microsecond
const parentIntervalMs = 250;

/**
 * Runs `work` with a signal that aborts when this process gets a signal to end (SIGINT, SIGTERM, SIGHUP) or the process
 * that started it has ended, so that the work can clean up first. A second signal does not interrupt the clean-up.
 * @param takesInterrupt whether the work has its own way to end on a SIGINT that has just come, and needs no abort.
 */
export async function abortOnSignals<T>(
  work: (signal: AbortSignal) => Promise<T>,
  takesInterrupt: () => boolean = () => false,
): Promise<T> {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' && !controller.signal.aborted && takesInterrupt()) return;
    controller.abort(new Error(`interrupted by ${name}`));
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, abort);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    controller.abort(new Error(`ended, for process ${parent}, which had started this, has ended`));
  }, parentIntervalMs);
  watch.unref();
  // a reader that has gone must not end the clean-up
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
  try {
    return await work(controller.signal);
  } finally {
    clearInterval(watch);
    for (const name of names) process.off(name, abort);
    for (const stream of [process.stdout, process.stderr]) stream.off('error', ignore);
  }
}

function ignore(): void {
  // on purpose
}
