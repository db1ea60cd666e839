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
