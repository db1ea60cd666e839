import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.ts';
import { listenAddress, urlOf } from './input.ts';
import type { ListenAddress } from './input.ts';
import { createPrimeCounter } from './prime-counter.ts';

const nosniff = ['x-content-type-options', 'nosniff'] as const;

/** The latest reply on each connection. */
const latestReplies = new WeakMap<Duplex, ServerResponse>();

/**
 * A reply that forbids browsers to guess its type. As the `ServerResponse` of a server it also covers what Node answers by itself,
 * such as the refusal of a request without Host.
 */
class NosniffResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  constructor(...parameters: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...parameters);
    this.setHeader(...nosniff);
    latestReplies.set(this.req.socket, this);
  }
}

/** The statuses of Node's own answers to malformed requests; all others get 400. */
const statusByCode: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers a malformed request as Node does, but with nosniff. A `clientError` listener. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const reply = latestReplies.get(socket);
  const isHalfSent = reply !== undefined && reply.headersSent && !reply.writableFinished;
  if (socket.writable && !isHalfSent) {
    const status = statusByCode[error.code ?? ''] ?? '400 Bad Request';
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n${nosniff.join(': ')}\r\n\r\n`);
  }
  socket.destroy(error);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function addressFromEnvironment(): ListenAddress {
  try {
    return listenAddress(process.env);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

// The service needs handlers of its own: the kernel does not end PID 1 on a signal that has none. It does not wait for a count
// that is under way, since a client can ask again.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

const address = addressFromEnvironment();
const app = createApp(createPrimeCounter(), (text) => process.stderr.write(text));
const server = createAdaptorServer({
  fetch: app.fetch,
  serverOptions: { ServerResponse: NosniffResponse },
});

server.on('clientError', answerClientError);

server.once('error', (error: NodeJS.ErrnoException) => {
  const reason =
    error.code === 'EADDRINUSE'
      ? 'the port is in use; stop what has it, or set PORT (0 takes a free one)'
      : `${error.message}; set HOST and PORT to an address of this machine that may be used`;
  fail(`cannot listen on ${urlOf(address)}: ${reason}`);
});

server.listen(address.port, address.host, () => {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  process.stdout.write(`listening on ${urlOf({ ...address, port })}\n`);
});
