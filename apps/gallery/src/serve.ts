import { setFlagsFromString } from 'node:v8';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.ts';
import { answerClientError, NosniffResponse } from './http/replies.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { urlOf, settingsFrom } from './settings.ts';
import { openImageStore } from './store/image-store.ts';
import { createThumbnailer } from './thumbnails/thumbnailer.ts';

/** The thread for thumbnails is ended after this long without an upload. */
const thumbnailIdleMs = 30_000;

// Whoever reads what is written here may go away; the service stays.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const log = (text: string) => process.stderr.write(text);

function fail(message: string): never {
  log(`${message}\n`);
  process.exit(1);
}

/** The result of some work, or the end of the process with the message of its error. */
function orFail<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Runs the service as the environment variables say, until SIGTERM or SIGINT; `script` is the file that its threads start with. */
export function serve(script: URL): void {
  // libvips is compiled once and not optimised any further while it runs: the compiler would take 50 to 150 MiB for it, and more
  // with each format. A large photo takes two thirds more time by that, a small one none.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');

  // Of its own, because the kernel does not end PID 1 on a signal that has no handler. An upload under way is cut off: what is
  // left of it is cleared away by the next start.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

  const settings = orFail(() => settingsFrom(process.env));
  const { address, allowedHosts, uploadsDir, keepMetadata, limits } = settings;
  const { maxStoreBytes, uploadsPerSecond, thumbnailCpuMs } = settings;
  const store = orFail(() => openImageStore(uploadsDir, maxStoreBytes, log));
  const thumbnailer = createThumbnailer({
    ...{ script, limits },
    jobCpuMs: thumbnailCpuMs,
    maxWaitMs: 2 * thumbnailCpuMs,
    // a machine that is busy with something else, too
    silenceMs: 3 * thumbnailCpuMs,
    idleMs: thumbnailIdleMs,
  });
  const rateLimit = createRateLimit(uploadsPerSecond, () => performance.now());
  const app = createApp({ store, thumbnailer, limits, rateLimit, allowedHosts, keepMetadata, log });
  const server = createAdaptorServer({
    fetch: app.fetch,
    // Node itself reads on what a client still sends after its reply, and hono's adaptor would cut it off after half a second: the
    // client then has a reset connection instead of the reply.
    autoCleanupIncoming: false,
    // The bodies of uploads have a limit of their own, with a reply of its own, which comes first.
    serverOptions: {
      headersTimeout: 15_000,
      requestTimeout: limits.bodyTimeoutMs + 60_000,
      ServerResponse: NosniffResponse,
    },
  });
  server.on('clientError', answerClientError);

  server.on('error', (error: NodeJS.ErrnoException) => {
    // Of one connection, e.g. when too many files are open; the others go on.
    if (server.listening) return;
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
}
