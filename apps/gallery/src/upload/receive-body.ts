import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { Refusal } from '../refusal.ts';

/**
 * Passes the body of a request on to `sink`, and resolves when all of it has been taken.
 *
 * @throws Refusal 408 when that takes longer than `timeoutMs`, 400 when the client goes away before the end; or what the sink
 * failed with. The sink is destroyed then, and the connection left open for the reply.
 */
export async function receiveBody(
  incoming: IncomingMessage,
  sink: Writable,
  timeoutMs: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const goneAway = () => {
    if (!incoming.readableEnded) reject(new Refusal(400, 'the body ended before its end'));
  };
  const timer = setTimeout(() => {
    const seconds = `${timeoutMs / 1000} s`;
    reject(new Refusal(408, `the body did not arrive within ${seconds}`, { connection: 'close' }));
  }, timeoutMs);
  sink.once('finish', () => resolve(undefined));
  sink.once('error', reject);
  incoming.once('error', goneAway).once('close', goneAway);
  incoming.pipe(sink);
  try {
    await promise;
  } catch (error) {
    incoming.unpipe(sink);
    sink.on('error', () => undefined);
    sink.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  } finally {
    clearTimeout(timer);
    incoming.off('error', goneAway).off('close', goneAway);
    // A connection that breaks after this concerns nobody here.
    incoming.on('error', () => undefined);
  }
}
