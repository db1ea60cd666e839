import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../model/words.ts';
import { renderMessagePage } from '../page/page.ts';
import { watchPage, watchPolicy } from './watch-page.ts';

type ServeOptions = {
  /** Gives the page as it is now; called at the start and by `refresh`. What it does before it first waits, it does at once. */
  readonly render: () => Promise<string>;
  /** Closes the server at once. */
  readonly signal: AbortSignal;
  /** A free one by default. */
  readonly port?: number;
};

export type ReportServer = {
  /** "http://127.0.0.1:4000/" */
  readonly url: string;
  /** Renders again, and tells every open page. */
  refresh(): void;
  /** Lets the open pages fetch the last version, a second at most, and ends. May be called twice. */
  close(): Promise<void>;
};

const address = '127.0.0.1';
const largestPort = 65_535;
const httpPort = 80;
const lastFetchMs = 1000;
const lookAgainMs = 20;
const lastBytesMs = 100;

/**
 * Serves a report that grows, on 127.0.0.1 only, with a page around it that refreshes itself. Requests that name another host
 * are refused: a foreign name that leads here must not read the report.
 * @throws Error in one line when the port is none, is taken or is not allowed.
 */
export async function serveReport({ render, signal, port = 0 }: ServeOptions): Promise<ReportServer> {
  signal.throwIfAborted();
  const readers = new Set<ServerResponse>();
  let toFetch = 0;
  const pages = latestPage(render, () => {
    toFetch = readers.size;
    for (const reader of readers) tell(reader, 'version', pages.current().version);
  });

  const server = createServer((request, reply) => {
    const path = pathOf(request, reply, server);
    if (path === undefined) return;
    const { version, html, isWhole } = pages.current();
    const { pathname, search } = path;
    if (pathname === '/') {
      send(reply, 200, watchPage(version), watchPolicy);
    } else if (pathname === '/report') {
      if (search === `?${version}`) reply.once('finish', () => toFetch--);
      send(reply, isWhole ? 200 : 500, html, "frame-ancestors 'self'");
    } else if (pathname === '/events') {
      readers.add(reply);
      reply.once('close', () => readers.delete(reply));
      reply.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
      tell(reply, 'version', version);
    } else {
      refuse(reply, 404, 'there is only / here');
    }
  });
  await listen(server, port);

  let ending: Promise<unknown> | undefined;
  const end = (): Promise<unknown> => (ending ??= endServer(server, readers));
  const onAbort = (): void => void end();
  signal.addEventListener('abort', onAbort, { once: true });
  let rendered = pages.refresh();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const deadline = performance.now() + lastFetchMs;
    await Promise.race([rendered, sleep(lastFetchMs, undefined, { ref: false })]);
    while (toFetch > 0 && readers.size > 0 && performance.now() < deadline && !signal.aborted) {
      await sleep(lookAgainMs);
    }
    signal.removeEventListener('abort', onAbort);
    await end();
  };
  await rendered;
  return {
    url: `http://${address}:${portOf(server)}/`,
    refresh: () => {
      rendered = pages.refresh();
    },
    close: () => (closing ??= close()),
  };
}

/** Tells the readers, lets what is being sent arrive, and takes every connection down. */
async function endServer(server: Server, readers: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const reader of readers) {
    tell(reader, 'end', '');
    reader.end();
  }
  await Promise.race([closed, sleep(lastBytesMs)]);
  server.closeAllConnections();
  await closed;
}

const headers = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The path of a request that may be answered; any other is refused here. */
function pathOf(
  { method, url = '/', headers: { host } }: IncomingMessage,
  reply: ServerResponse,
  server: Server,
): Pick<URL, 'pathname' | 'search'> | undefined {
  const port = portOf(server);
  const hosts = [address, 'localhost'].flatMap((name) => [
    `${name}:${port}`,
    ...(port === httpPort ? [name] : []),
  ]);
  const base = `http://${address}`;
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    refuse(reply, 403, `this host is not served here, expected ${hosts.join(' or ')}`);
  } else if (method !== 'GET' && method !== 'HEAD') {
    refuse(reply, 405, 'expected GET');
  } else if (!url.startsWith('/') || !URL.canParse(url, base)) {
    refuse(reply, 400, 'expected a path');
  } else {
    return new URL(url, base);
  }
  return undefined;
}

function send(reply: ServerResponse, status: number, html: string, policy: string): void {
  reply.writeHead(status, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
  });
  reply.end(html);
}

function refuse(reply: ServerResponse, status: number, line: string): void {
  reply.writeHead(status, {
    ...headers,
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    'content-type': 'text/plain; charset=utf-8',
  });
  reply.end(`${line}\n`);
}

function tell(reader: ServerResponse, event: 'version' | 'end', data: string): void {
  if (!reader.destroyed) reader.write(`event: ${event}\ndata: ${data}\n\n`);
}

async function listen(server: Server, port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > largestPort) {
    throw new Error(`port ${port}: expected a whole number from 0 to ${largestPort}, 0 for a free port`);
  }
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'is not allowed' : 'cannot be used';
    throw new Error(`port ${port} on ${address} ${why}: give another one, or 0 for a free port`, {
      cause: error,
    });
  }
  // a connection that cannot be accepted must not end the run; the page asks again
  server.on('error', () => undefined);
}

function portOf(server: Server): number {
  const bound = server.address();
  return bound === null || typeof bound === 'string' ? 0 : bound.port;
}

/** A page, or what is to be said in its place when it could not be made. */
type LatestPage = { readonly version: string; readonly html: string; readonly isWhole: boolean };

/**
 * Keeps the page that was made last. A page is made when `refresh` is called, never because somebody asks for it: reading is
 * free of work. While one is being made, further calls come to one more afterwards.
 * @param render gives the page; its failure is shown in the place of the page.
 * @param onNew is called with every new page.
 */
function latestPage(
  render: () => Promise<string>,
  onNew: () => void,
): { current(): LatestPage; refresh(): Promise<void> } {
  // another server at the same address later on must not be taken for this one
  const series = randomUUID().slice(0, 8);
  let count = 0;
  let page: LatestPage = {
    version: `${series}-0`,
    html: renderMessagePage({ heading: 'Report', message: 'The report is being made.' }),
    isWhole: true,
  };
  let rendering: Promise<void> | undefined;
  let isStale = false;

  async function renderAll(): Promise<void> {
    do {
      isStale = false;
      const made = await renderOnce(render);
      count++;
      page = { ...made, version: `${series}-${count}` };
      onNew();
    } while (isStale);
    rendering = undefined;
  }

  return {
    current: () => page,
    refresh: () => {
      isStale = true;
      rendering ??= renderAll();
      return rendering;
    },
  };
}

async function renderOnce(render: () => Promise<string>): Promise<Omit<LatestPage, 'version'>> {
  try {
    return { html: await render(), isWhole: true };
  } catch (error) {
    const message = `The report could not be made: ${messageOf(error).split('\n')[0] ?? ''}`;
    return { html: renderMessagePage({ heading: 'No report', message }), isWhole: false };
  }
}
