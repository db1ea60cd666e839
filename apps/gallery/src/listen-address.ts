import { shown, wholeNumber } from './text.ts';

export type ListenAddress = { readonly host: string; readonly port: number };

const largestPort = 65_535;

/**
 * Where to listen, from the variables HOST (default 127.0.0.1) and PORT (default 5000; 0 takes a free one).
 *
 * @throws Error with one line that names the variable, its value and what was expected.
 */
export function listenAddress(variables: Readonly<Record<string, string | undefined>>): ListenAddress {
  const { HOST: host = '127.0.0.1', PORT: portText = '5000' } = variables;
  if (host.trim() === '') throw new Error(`HOST is ${shown(host)}; expected an address or a host name`);
  const port = wholeNumber(portText, largestPort);
  if (port === undefined) {
    throw new Error(`PORT is ${shown(portText)}; expected a whole number from 0 to ${largestPort}`);
  }
  return { host, port };
}

/** The URL of an address. */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
