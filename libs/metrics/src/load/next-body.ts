import type { LoadRequest } from './load-order.ts';

const sent = new WeakMap<LoadRequest, number>();

/**
 * @returns the body of the next send of a request. The loops that follow each other in a process share the walk along the
 *   bodies, so that none is sent twice before all were sent once.
 */
export function nextBody(request: LoadRequest): LoadRequest['body'] {
  const { body, bodies } = request;
  if (bodies === undefined) return body;
  const place = sent.get(request) ?? 0;
  sent.set(request, place + 1);
  return bodies[place % bodies.length];
}

/** @returns the bytes of a body without a copy, for clients that know only Buffers. */
export function asBuffer(body: LoadRequest['body']): string | Buffer | undefined {
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}
