import type { IncomingMessage } from 'node:http';
import { isSameOrigin } from '../http/same-origin.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { Refusal } from '../refusal.ts';

/**
 * Lets a request that changes something pass.
 *
 * @throws Refusal 403 when a page of another site sent it.
 */
export function checkOrigin(incoming: IncomingMessage): void {
  if (!isSameOrigin({ ...incoming.headers, 'sec-fetch-site': headerOf(incoming, 'sec-fetch-site') })) {
    throw new Refusal(403, 'this was sent by a page of another site; use the pages of the gallery');
  }
}

/**
 * Takes one turn of uploading for the client of a request.
 *
 * @throws Refusal 429, with Retry-After, when the client has had too many.
 */
export function takeTurn(incoming: IncomingMessage, rateLimit: RateLimit): void {
  const seconds = rateLimit.take(incoming.socket.remoteAddress ?? '');
  if (seconds > 0) {
    throw new Refusal(429, `too many uploads at once; try again in ${seconds} s`, {
      'retry-after': String(seconds),
    });
  }
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join() : value;
}
