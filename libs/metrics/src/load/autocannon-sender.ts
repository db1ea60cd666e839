import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { failureName } from './http-client.ts';
import type { LoadRequest } from './load-spec.ts';
import { asBuffer, nextBody, requestSequence } from './request-mix.ts';
import { isOwnShortage, type Sender, type SenderOptions } from './server-under-load.ts';
import { hasEnough, type Tally } from './tally.ts';

// autocannon ends by itself after this long; the loop ends it before
const horizonSeconds = 24 * 3600;
// how often autocannon checks whether it should stop
const tickMs = 50;
// how often the end of a window checks whether outstanding replies have arrived
const lookMs = 5;

/** One of autocannon's connections. */
type Connection = {
  readonly walk: readonly number[];
  sent: number;
  /** When the request under way was sent; undefined where none is. */
  owedSinceMs: number | undefined;
};

/**
 * Sends by autocannon, in one go: it cannot pause. Its own histogram holds whole milliseconds, so latencies are taken from
 * its fractional `response` events; and it ends on a tick of its own, so that windows are timed here.
 */
export function autocannonSender({ side, spec, server }: SenderOptions): Sender {
  const { connections, timeoutSeconds } = spec;
  const timeoutMs = timeoutSeconds * 1000;
  const sequence = requestSequence(side.requests, spec.seed);
  // autocannon builds a request once per place in the list, but keeps the bytes with the object: places share them
  const fixed = side.requests.map((request) =>
    request.bodies === undefined ? fixedRequest(request) : undefined,
  );
  const open: Connection[] = [];
  let tally: Tally | undefined;
  let onEnding = (): void => undefined;
  let running: autocannon.Instance | undefined;
  const { promise: stopped, resolve: onStopped } = Promise.withResolvers<undefined>();

  const setUp = (client: autocannon.Client): void => {
    const offset = Math.floor((open.length * sequence.length) / connections) % sequence.length;
    const walk = [...sequence.slice(offset), ...sequence.slice(0, offset)];
    // what is built for every send is not to be shared: a connection would send what was built for another
    const own = side.requests.map((request, place) => fixed[place] ?? changingRequest(request));
    client.setRequests(walk.flatMap((place) => own[place] ?? []));
    const connection: Connection = { walk, sent: 0, owedSinceMs: undefined };
    open.push(connection);
    follow(client, connection);
  };

  const follow = (client: autocannon.Client, connection: Connection): void => {
    const within = new ClientWithin(client);
    const place = (): number => connection.walk[(connection.sent - 1) % connection.walk.length] ?? 0;
    const lose = (failure: string): void => {
      if (connection.owedSinceMs === undefined) return;
      const isTimeout = performance.now() - connection.owedSinceMs >= timeoutMs;
      connection.owedSinceMs = undefined;
      if (isTimeout) server.timedOut(tally);
      else server.ended(place(), { failure }, 0, tally);
      within.forget();
      onEnding();
    };
    within.events.on('request', () => {
      // this is all that autocannon reports of a connection that ended without an error or was given up
      lose('connection closed');
      connection.sent += 1;
      connection.owedSinceMs = performance.now();
      within.expect(server.wantsBody(place()));
      server.sent();
    });
    within.events.on('connError', (error: Error) => {
      const failure = failureName(error);
      lose(failure);
      // refused at once, it would connect again and again before anything else is done, timers and the end included
      if (isOwnShortage(failure)) within.end();
    });
    client.on('response', (_status, _bytes, latencyMs) => {
      if (connection.owedSinceMs === undefined) return;
      connection.owedSinceMs = undefined;
      server.ended(place(), within.reply(), latencyMs, tally);
      onEnding();
    });
  };

  return {
    client: 'autocannon',
    send: async (counting, until) => {
      const startedAtMs = performance.now();
      tally = counting;
      running ??= autocannon(
        {
          url: side.origin,
          connections,
          duration: horizonSeconds,
          timeout: timeoutSeconds,
          sampleInt: tickMs,
          setupClient: setUp,
        },
        () => {
          onStopped(undefined);
        },
      );
      await new Promise<void>((resolve) => {
        if ('ms' in until) setTimeout(resolve, until.ms - (performance.now() - startedAtMs));
        else
          onEnding = () => {
            if (hasEnough(counting, until.requests)) resolve();
          };
      });
      const durationMs = performance.now() - startedAtMs;
      tally = undefined;
      onEnding = () => undefined;
      return durationMs;
    },
    settle: async (counting) => {
      const endedAtMs = performance.now();
      const owed = open.map((connection) => ({ connection, sinceMs: connection.owedSinceMs }));
      const missing = (): number =>
        owed.filter(({ connection, sinceMs }) => sinceMs !== undefined && connection.owedSinceMs === sinceMs)
          .length;
      while (missing() > 0 && performance.now() - endedAtMs < server.silenceLimitMs()) await pause(lookMs);
      for (let late = missing(); late > 0; late--) counting.timedOut();
    },
    abandon: () => undefined,
    close: async () => {
      if (running === undefined) return;
      running.stop();
      await stopped;
    },
  };
}

function fixedRequest({ path, method, headers, body }: LoadRequest): autocannon.Request {
  const bytes = asBuffer(body);
  return {
    path,
    ...(method !== undefined && { method }),
    ...(headers !== undefined && { headers: { ...headers } }),
    ...(bytes !== undefined && { body: bytes }),
  };
}

/** Its bytes are built for every send. */
function changingRequest(request: LoadRequest): autocannon.Request {
  return {
    ...fixedRequest(request),
    setupRequest: (built) => {
      const body = asBuffer(nextBody(request));
      return body === undefined ? built : { ...built, body };
    },
  };
}

// the keys under which http-parser-js keeps the handlers of its user
const onHeadersComplete = 2;
const onBody = 3;
const onMessageComplete = 4;

/** The head of a reply, as http-parser-js tells it: names and values of headers alternate. */
type Head = { readonly statusCode: number; readonly headers: readonly string[] };

type Parser = {
  readonly type: string;
  readonly initialize: (type: string) => void;
  [onHeadersComplete]: (head: Head) => unknown;
  [onBody]: (chunk: Buffer, start: number, length: number) => void;
  [onMessageComplete]: () => void;
};

/**
 * Fixes inside autocannon's client, for the version that the lockfile pins. Its parser takes an interim reply
 * (103) for the reply; it turns every body into text, unread; and neither parser nor queue forget a reply
 * that a broken connection cut off.
 */
class ClientWithin {
  readonly events: NodeJS.EventEmitter;
  readonly #parser: Parser;
  readonly #queue: { readonly clear: () => void };
  readonly #destroy: () => void;
  #wantsBody = false;
  #body: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #contentType = '';

  constructor(client: autocannon.Client) {
    const { parser, pipelinedRequests, destroy } = client as unknown as {
      parser?: Parser;
      pipelinedRequests?: { clear: () => void };
      destroy?: () => void;
    };
    if (parser === undefined)
      throw new Error('autocannon: expected version 9.0.0, whose clients have a parser');
    this.events = client;
    this.#parser = parser;
    this.#queue = pipelinedRequests ?? { clear: () => undefined };
    this.#destroy = () => destroy?.call(client);
    // the client is under construction: it sets its handlers after this
    queueMicrotask(() => {
      this.#mend();
    });
  }

  /** Prepares for the next reply. */
  expect(wantsBody: boolean): void {
    this.#wantsBody = wantsBody;
    this.#body = [];
    this.#bytes = 0;
  }

  /** The last reply received. */
  reply() {
    return {
      status: this.#status,
      contentType: this.#contentType,
      bytes: this.#bytes,
      body: this.#body,
      isWhole: this.#wantsBody,
    };
  }

  /** Stops sending and connecting. */
  end(): void {
    this.#destroy();
  }

  /** Drops all replies that are still expected. */
  forget(): void {
    this.#queue.clear();
    this.#parser.initialize(this.#parser.type);
  }

  #mend(): void {
    const parser = this.#parser;
    const headersComplete = parser[onHeadersComplete];
    const messageComplete = parser[onMessageComplete];
    let isInterim = false;
    parser[onHeadersComplete] = (head) => {
      isInterim = head.statusCode < 200 && head.statusCode !== 101;
      if (isInterim) return undefined;
      this.#status = head.statusCode;
      this.#contentType = this.#wantsBody ? headerOf(head, 'content-type') : '';
      return headersComplete(head);
    };
    parser[onBody] = (chunk, start, length) => {
      this.#bytes += length;
      if (this.#wantsBody || this.#body.length === 0) this.#body.push(chunk.subarray(start, start + length));
    };
    parser[onMessageComplete] = () => {
      if (!isInterim) messageComplete();
    };
  }
}

function headerOf({ headers }: Head, name: string): string {
  const place = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return place === -1 ? '' : (headers[place + 1] ?? '');
}
