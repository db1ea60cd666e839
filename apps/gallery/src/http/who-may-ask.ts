import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { Refusal } from '../refusal.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * The name or address of a host as browsers write it, without port; undefined when it is none. Browsers know many spellings of
 * one address (`127.1`, `0x7f000001`, `LOCALHOST.`), so theirs is the reading that counts.
 */
export function hostNameOf(host: string): string | undefined {
  // Whatever would end the host in a URL, and let another part of the text pass for it.
  if (/[/?#@\\\s]/.test(host)) return undefined;
  const url = URL.parse(`http://${host}`);
  return url?.hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1');
}

/**
 * Lets a request pass that names this very machine, or a host that is allowed. A page of another site may have its own name lead
 * here (DNS rebinding), and is then of one origin with the gallery: all that tells such a request is the name that it is for. No
 * such name is an address, so the address at which the request came in is safe: that of a container or a machine on the network
 * need not be set up. X-Forwarded-Host is what anyone may write, and not read.
 *
 * @param allowedHosts as `hostNameOf` gives them.
 * @throws Refusal 403 when the Host, or the host of an address given in full (RFC 9112, 3.2.2), is any other.
 */
export function checkHost(incoming: IncomingMessage, allowedHosts: readonly string[]): void {
  const inFull = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(incoming.url ?? '')?.[1];
  for (const host of [incoming.headers.host, inFull]) {
    if (host === undefined) continue;
    const name = hostNameOf(host);
    const isSafe =
      name !== undefined &&
      (name === 'localhost' ||
        allowedHosts.includes(name) ||
        isLoopback(name) ||
        isSameAddress(name, incoming.socket.localAddress));
    if (!isSafe) {
      throw new Refusal(
        403,
        'this gallery is not served under that name; to allow it, add it to ALLOWED_HOSTS',
      );
    }
  }
}

function isLoopback(name: string): boolean {
  const version = isIP(name);
  return version !== 0 && loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

/** Compares two addresses; an IPv4 address may be written as IPv6. */
function isSameAddress(name: string, local: string | undefined): boolean {
  const version = isIP(name);
  if (local === undefined || version === 0) return false;
  const own = new BlockList();
  // the address of one link has the link behind a percent sign
  own.addAddress(local.replace(/%.*/, ''), isIP(local) === 4 ? 'ipv4' : 'ipv6');
  return own.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

type OriginHeaders = {
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
