/** The number that a text of decimal digits stands for; undefined when it is anything else, or above `largest`. */
export function wholeNumber(text: string, largest: number): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= largest ? value : undefined;
}

const longestShown = 40;

/** A value for a message: in quotes, and cut when it is long. */
export function shown(value: string): string {
  const characters = Array.from(value);
  if (characters.length <= longestShown) return JSON.stringify(value);
  return `${JSON.stringify(characters.slice(0, longestShown).join(''))}… (${characters.length} characters)`;
}

export type ListenAddress = { readonly host: string; readonly port: number };

const largestPort = 65_535;

/**
 * Where to listen, from the variables HOST (default 127.0.0.1) and PORT (default 8000; 0 takes a free one).
 *
 * @throws Error with one line that names the variable, its value and what was expected.
 */
export function listenAddress(variables: Readonly<Record<string, string | undefined>>): ListenAddress {
  const { HOST: host = '127.0.0.1', PORT: portText = '8000' } = variables;
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
