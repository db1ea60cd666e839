import { setTimeout as sleep } from 'node:timers/promises';

const pollIntervalMs = 50;
const quickRepliesInRow = 3;
const replyDeadlineMs = 5000;

/**
 * Waits until a server has worked off what an overload left in its queues: its health path answers quickly three times in
 * a row. Only then does the next step begin from an idle server.
 * @param quickMs what is quick.
 * @returns whether it did so within the deadline.
 * @throws the signal's reason when aborted.
 */
export async function settleServer(
  healthUrl: URL,
  quickMs: number,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const begunAt = performance.now();
  for (let quick = 0; quick < quickRepliesInRow;) {
    signal.throwIfAborted();
    if (performance.now() - begunAt > deadlineMs) return false;
    const askedAt = performance.now();
    const isHealthy = await answersOk(healthUrl, signal);
    quick = isHealthy && performance.now() - askedAt <= quickMs ? quick + 1 : 0;
    await sleep(pollIntervalMs, undefined, { signal });
  }
  return true;
}

async function answersOk(url: URL, signal: AbortSignal): Promise<boolean> {
  try {
    const reply = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(replyDeadlineMs)]),
    });
    await reply.arrayBuffer();
    return reply.ok;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
