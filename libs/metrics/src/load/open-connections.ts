import { Pool } from 'undici';
import type { LoadRequest } from './load-order.ts';
import { asBuffer, nextBody } from './next-body.ts';
import { alongSequence, requestSequence } from './request-mix.ts';

/** Requests beyond this many at a time wait in order for a connection. */
export const connectionLimit = 1024;

/** What became of a request: the status of a reply that was read to its end, or undefined when there was none. */
export type ReplyHandler = (status: number | undefined) => void;

export type OpenConnections = {
  /**
   * Sends a request on a free connection, else on a new one.
   * @returns ends the exchange early; its connection is closed, the handler is not called any more.
   */
  readonly send: (request: PreparedRequest, onReply: ReplyHandler) => () => void;
  /** Closes all connections, with what is under way on them. */
  readonly close: () => Promise<void>;
};

/** A request in the form that the client takes. */
export type PreparedRequest = {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | null;
};

/** @returns what gives the requests of an endless walk along a mix, each as the client takes it. */
export function preparedMix(
  requests: readonly LoadRequest[],
  seed: number,
): (index: number) => PreparedRequest {
  const requestAt = alongSequence(requests.map(prepareRequest), requestSequence(requests, seed));
  return (index) => requestAt(index)();
}

function prepareRequest(request: LoadRequest): () => PreparedRequest {
  const { path, method = 'GET', headers = {}, bodies } = request;
  const head = { path, method, headers: { ...headers } };
  const withBody = (): PreparedRequest => ({ ...head, body: asBuffer(nextBody(request)) ?? null });
  if (bodies !== undefined) return withBody;
  const prepared = withBody();
  return () => prepared;
}

/**
 * Connections of the open loop: one request at a time on each. undici is the client; what it adds to the latency is
 * some 10 µs, and it neither retries nor gives up by itself here.
 * @param onEvent called for each thing that is sent or received.
 */
export function openConnections(origin: string, onEvent: () => void): OpenConnections {
  const pool = new Pool(origin, {
    connections: connectionLimit,
    pipelining: 1,
    allowH2: false,
    // the loop has deadlines of its own, from the planned time
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send: (request, onReply) => {
      let status: number | undefined;
      let over = false;
      let abort: (() => void) | undefined;
      pool.dispatch(request, {
        onRequestStart: (controller) => {
          onEvent();
          abort = () => {
            controller.abort(new Error('given up'));
          };
          if (over) abort();
        },
        onResponseStart: (_, statusCode) => {
          status = statusCode;
        },
        onResponseData: onEvent,
        onResponseEnd: () => {
          onEvent();
          if (over) return;
          over = true;
          onReply(status);
        },
        onResponseError: () => {
          onEvent();
          if (over) return;
          over = true;
          onReply(undefined);
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
