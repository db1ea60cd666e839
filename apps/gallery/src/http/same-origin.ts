import type { IncomingMessage } from 'node:http';
import { Refusal } from '../refusal.ts';

export type OriginHeaders = {
  readonly 'sec-fetch-site'?: string | undefined;
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
};

/**
 * Whether a request comes from a page of this service, or from no page at all. Browsers say so in Sec-Fetch-Site, older ones in
 * Origin; what is not a browser sends neither, and carries nobody's authority.
 */
export function isSameOrigin(headers: OriginHeaders): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

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

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join() : value;
}
