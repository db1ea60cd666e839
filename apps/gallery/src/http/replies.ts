import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const [name, value] = ['x-content-type-options', 'nosniff'] as const;

/** The latest reply on each connection. */
const latestReplies = new WeakMap<Duplex, ServerResponse>();

/**
 * A reply that forbids browsers to guess its type. As the `ServerResponse` of a server it covers what Node answers by itself,
 * too, such as the refusal of a request without Host.
 */
export class NosniffResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  constructor(...parameters: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...parameters);
    this.setHeader(name, value);
    latestReplies.set(this.req.socket, this);
  }
}

/** The statuses that Node gives to what is no request; 400 to all else. */
const statusByCode: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers, as the `clientError` listener of a server, what is no HTTP request: as Node does, but with nosniff. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const reply = latestReplies.get(socket);
  const isHalfSent = reply !== undefined && reply.headersSent && !reply.writableFinished;
  if (socket.writable && !isHalfSent) {
    const status = statusByCode[error.code ?? ''] ?? '400 Bad Request';
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n${name}: ${value}\r\n\r\n`);
  }
  socket.destroy(error);
}

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
