import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.ts';
import { listenAddress, urlOf } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import { answerClientError, NosniffResponse } from './nosniff.ts';
import { createPrimeCounter } from './sieve/prime-counter.ts';

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

// Of its own, because the kernel does not end PID 1 on a signal that has no handler. What is being counted is not worth
// waiting for: it can be asked for again.
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
