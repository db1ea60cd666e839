import type { IncomingMessage } from 'node:http';

// as long as nginx waits for more of a body (lingering_timeout)
const silenceMs = 5000;

/**
 * A reply to a client that may still be sending, and wants the connection closed after it: the reply is sent at once, and ends
 * when the rest of the request has been read and thrown away. A connection that is closed before that is reset, and the client
 * loses the reply that it has not read yet (RFC 9112, 9.6).
 * @param mostMs how long the client may go on sending.
 */
export async function lingering(
  response: Response,
  incoming: IncomingMessage,
  mostMs: number,
): Promise<Response> {
  if (incoming.complete || incoming.destroyed || incoming.headers.connection?.toLowerCase() !== 'close') {
    return response;
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', String(bytes.length));
  const body = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      controller.enqueue(bytes);
      await drained(incoming, mostMs);
      controller.close();
    },
  });
  return new Response(body, { status: response.status, headers });
}

/** Reads a request to its end, until nothing comes any more or the time is over. */
function drained(incoming: IncomingMessage, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(whole);
      clearTimeout(silence);
      incoming.off('data', again);
      resolve();
    };
    const whole = setTimeout(done, mostMs);
    const silence = setTimeout(done, silenceMs);
    const again = (): void => {
      silence.refresh();
    };
    for (const event of ['end', 'close', 'error']) incoming.once(event, done);
    incoming.on('data', again).resume();
  });
}
