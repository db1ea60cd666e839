import { createServer, type AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { PreparedRequest } from './request-mix.ts';
import type { Ending } from './server-under-load.ts';

/** Requests beyond this many at a time wait in order for a connection. */
const connectionLimit = 1024;

export type HttpClient = {
  /**
   * Sends a request on a free connection, else on a new one.
   * @param wantsBody whether the whole body of the reply shall be kept.
   * @returns ends the exchange early; its connection is closed, the handler is not called any more.
   */
  readonly send: (
    request: Omit<PreparedRequest, 'place'>,
    wantsBody: boolean,
    onEnding: (ending: Ending) => void,
  ) => () => void;
  /** Closes all connections, with what is under way on them. */
  readonly close: () => Promise<void>;
};

/**
 * Connections to a server, one request at a time on each. undici is the client; what it adds to the latency is some 10 µs,
 * and it neither retries nor gives up by itself here.
 * @param onEvent called for each thing that is sent or received.
 */
export function httpClient(origin: string, onEvent: () => void = () => undefined): HttpClient {
  const pool = new Pool(origin, {
    connections: connectionLimit,
    pipelining: 1,
    allowH2: false,
    // the loops have deadlines of their own
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send: (request, wantsBody, onEnding) => {
      const body: Buffer[] = [];
      let status = 0;
      let contentType = '';
      let bytes = 0;
      let over = false;
      let abort: (() => void) | undefined;
      const end = (ending: Ending): void => {
        onEvent();
        if (over) return;
        over = true;
        onEnding(ending);
      };
      pool.dispatch(request, {
        onRequestStart: (controller) => {
          onEvent();
          abort = () => {
            controller.abort(new Error('given up'));
          };
          if (over) abort();
        },
        // called for interim replies (1xx), too: the last one counts
        onResponseStart: (_, statusCode, headers) => {
          status = statusCode;
          contentType = String(headers['content-type'] ?? '');
        },
        onResponseData: (_, piece) => {
          onEvent();
          bytes += piece.length;
          if (wantsBody || body.length === 0) body.push(piece);
        },
        onResponseEnd: () => {
          end({ status, contentType, bytes, body, isWhole: wantsBody });
        },
        onResponseError: (_, error) => {
          end({ failure: failureName(error) });
        },
      });
      return () => {
        if (over) return;
        over = true;
        abort?.();
      };
    },
    close: () => pool.destroy(),
  };
}

/** @returns "ECONNRESET", or what undici says of the connection: "other side closed". */
export function failureName(error: Error & { readonly code?: unknown }): string {
  const code = typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined || code.startsWith('UND_ERR')) return error.message;
  return code;
}

type DeadlineQueue = {
  /** @returns a function that cancels the deadline, to be called when there is a reply. */
  readonly add: (deadlineMs: number, onExpiry: () => void) => () => void;
  /** Calls those whose deadline has passed. */
  readonly expire: (nowMs: number) => void;
};

/** Deadlines that are added in their order, so that only the first need be looked at. Times are on one clock. */
export function deadlineQueue(): DeadlineQueue {
  type Entry = { readonly deadlineMs: number; onExpiry: (() => void) | undefined };
  let entries: Entry[] = [];
  return {
    add: (deadlineMs, onExpiry) => {
      const entry: Entry = { deadlineMs, onExpiry };
      entries.push(entry);
      return () => {
        entry.onExpiry = undefined;
      };
    },
    expire: (nowMs) => {
      const later = entries.findIndex((entry) => entry.onExpiry !== undefined && entry.deadlineMs > nowMs);
      if (later === 0) return;
      const due = later === -1 ? entries : entries.slice(0, later);
      entries = later === -1 ? [] : entries.slice(later);
      for (const entry of due) entry.onExpiry?.();
    },
  };
}

const trainingRequests = 2000;
const concurrentRequests = 4;
const longestTrainingMs = 1000;
const trainingReply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/**
 * Lets the JIT compiler see the client before it measures: sends requests to a server within this process. Without it,
 * the first thousand requests would seem up to half a millisecond slower than they are, and a window at a low rate has
 * no more than that. Takes some tenths of a second, at most one, and nothing once it is done.
 */
export function trainClient(): Promise<void> {
  trained ??= train();
  return trained;
}

let trained: Promise<void> | undefined;

async function train(): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(trainingReply));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // of a server that listens on a port, this is not text
  const { port } = server.address() as AddressInfo;
  const client = httpClient(`http://127.0.0.1:${port}`);
  const request = { path: '/', method: 'GET', headers: {}, body: null } as const;
  const untilMs = performance.now() + longestTrainingMs;
  let sent = 0;
  const sendOneAfterAnother = (): Promise<void> =>
    new Promise((resolve) => {
      const next = (): void => {
        if (sent >= trainingRequests || performance.now() > untilMs) {
          resolve();
          return;
        }
        sent += 1;
        client.send(request, false, next);
      };
      next();
    });
  await Promise.all(Array.from({ length: concurrentRequests }, sendOneAfterAnother));
  await client.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
