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

/** Takes one turn of uploading for a client; the refusal 429, with Retry-After, when it has had too many. */
export function takeTurn(client: string, rateLimit: RateLimit): Refusal | undefined {
  const seconds = rateLimit.take(client);
  if (seconds === 0) return undefined;
  return new Refusal(429, `too many uploads at once; try again in ${seconds} s`, {
    'retry-after': String(seconds),
  });
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join() : value;
}
