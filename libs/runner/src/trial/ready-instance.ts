import type { Environment, Instance, Launch } from '@tare/environment';
import { plainText, waitForConnection, waitForHttp, type Readiness } from '@tare/metrics';

/** Pause between two polls of the health path: its cost is small, and it bounds the error of the startup time. */
const pollIntervalMs = 1;

type ReadyInstance = { readonly instance: Instance; readonly readiness: Readiness };

/**
 * Starts an app and waits until it is healthy: its health path answers 2xx, or, without one, it accepts a connection.
 * @param readyDeadlineMs after the start command.
 * @throws Error that names the environment and what happened, with the app's last log lines. Nothing is left running.
 */
export async function startReady(
  environment: Environment,
  launch: Launch,
  readyDeadlineMs: number,
  signal: AbortSignal,
): Promise<ReadyInstance> {
  const where = `${environment.name}: ${launch.artifact.workload}`;
  const instance = await environment.start(launch, signal).catch((error: unknown) => {
    throw signal.aborted ? error : new Error(`${where}: ${messageOf(error)}`, { cause: error });
  });
  const gaveUp = new AbortController();
  const stopWaiting = AbortSignal.any([signal, gaveUp.signal]);
  try {
    const died = instance.ended.then((reason) => {
      throw new Error(`${reason} before it was ready`);
    });
    died.catch(() => undefined);
    const wait = launch.healthPath === undefined ? waitForConnection : waitForHttp;
    await Promise.race([instance.started, died]);
    const readiness = await Promise.race([
      wait({
        url: new URL(launch.healthPath ?? '/', instance.url),
        since: instance.spawnedAt,
        intervalMs: pollIntervalMs,
        deadlineMs: readyDeadlineMs,
        signal: stopWaiting,
      }),
      died,
    ]);
    return { instance, readiness };
  } catch (error) {
    // a wait that lost the race must end too
    gaveUp.abort();
    const advice = signal.aborted ? '' : await adviceFor(messageOf(error), instance);
    const log = await instance.lastLog().catch(() => '');
    await instance.stop().catch(() => undefined);
    if (signal.aborted) throw error;
    throw new Error(plainText(withLog(`${where}: ${messageOf(error)}${advice}`, log)), { cause: error });
  }
}

/** A message with what an app has said last, and with what that means where Node's heap was full: V8 says it amid its stack. */
export function withLog(message: string, log: string): string {
  if (log === '') return message;
  const isFull = log.includes('JavaScript heap out of memory');
  const why = isFull ? ': the heap of Node is full (it has half of resources.memoryMiB)' : '';
  return `${message}${why}; its last log lines:\n${log}`;
}

/** What to do about an app that does not get ready, if its processes or its replies tell. */
async function adviceFor(message: string, instance: Instance): Promise<string> {
  const trouble = await instance.whyUnreachable?.();
  if (trouble !== undefined) return `: ${trouble}`;
  const isRefused = /\(last: status [34]\d\d\)$/.test(message);
  return isRefused ? "; name a path that answers 2xx: health: '/…', or 'tcp' for an accepted connection" : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
