import { resolve } from 'node:path';
import { hostNameOf } from './http/who-may-ask.ts';
import { shown, wholeNumber } from './text.ts';

/** What an upload may be and take. */
export type UploadLimits = {
  /** The largest original, in bytes. */
  readonly maxUploadBytes: number;
  /** The largest width × height, seen before anything is decoded. */
  readonly maxPixels: number;
  /** The largest width and the largest height: rows are what decoding takes memory for, and their number takes time. */
  readonly maxSidePixels: number;
  /** The most memory that the decoder of one image may need, by estimate, in bytes. */
  readonly maxDecodeBytes: number;
  readonly maxFilesPerRequest: number;
  /** How many images may wait for their thumbnails. */
  readonly maxWaiting: number;
  /** How long the body of one request may take to arrive. */
  readonly bodyTimeoutMs: number;
};

export type Settings = {
  readonly address: ListenAddress;
  /** The names under which the gallery is served besides those of this machine. */
  readonly allowedHosts: readonly string[];
  readonly uploadsDir: string;
  /** Whether images are stored with what they tell besides their pixels: place, time, names. */
  readonly keepMetadata: boolean;
  readonly limits: UploadLimits;
  /** The most that all images together may take, in bytes. */
  readonly maxStoreBytes: number;
  /** Images per second that one client may keep up; 0 for no limit. */
  readonly uploadsPerSecond: number;
  /** The most time of a processor that the thumbnail of one image may take. */
  readonly thumbnailCpuMs: number;
};

type Variables = Readonly<Record<string, string | undefined>>;

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** What each number is when its variable is absent, and the range it may be set to. */
const numbers = {
  MAX_UPLOAD_BYTES: { usual: 10 * mebibyte, least: 1, most: gibibyte },
  MAX_PIXELS: { usual: 40_000_000, least: 1, most: 1_000_000_000 },
  MAX_SIDE_PIXELS: { usual: 30_000, least: 1, most: 1_000_000 },
  // With the service itself and the decoder's code this stays under 512 MiB.
  MAX_DECODE_BYTES: { usual: 192 * mebibyte, least: 1, most: 2 * gibibyte },
  MAX_FILES_PER_REQUEST: { usual: 20, least: 1, most: 1000 },
  MAX_WAITING: { usual: 64, least: 1, most: 100_000 },
  MAX_STORE_BYTES: { usual: 2 * gibibyte, least: 1, most: Number.MAX_SAFE_INTEGER },
  RATE_LIMIT: { usual: 20, least: 0, most: 1_000_000 },
  // 12 megapixels of AVIF take about two seconds.
  THUMBNAIL_CPU_MS: { usual: 10_000, least: 1000, most: 3_600_000 },
  KEEP_METADATA: { usual: 0, least: 0, most: 1 },
  BODY_TIMEOUT_MS: { usual: 120_000, least: 1, most: 3_600_000 },
} as const;

/**
 * The settings from HOST, PORT, ALLOWED_HOSTS, UPLOADS_DIR (default ./uploads, made absolute) and the variables of the limits.
 *
 * @throws Error with one line that names the variable, its value and what was expected.
 */
export function settingsFrom(variables: Variables): Settings {
  const { UPLOADS_DIR: uploadsDir = './uploads' } = variables;
  if (uploadsDir.trim() === '') throw new Error(`UPLOADS_DIR is ${shown(uploadsDir)}; expected a folder`);
  return {
    address: listenAddress(variables),
    allowedHosts: allowedHostsFrom(variables.ALLOWED_HOSTS ?? ''),
    uploadsDir: resolve(uploadsDir),
    keepMetadata: numberFrom(variables, 'KEEP_METADATA') === 1,
    limits: {
      maxUploadBytes: numberFrom(variables, 'MAX_UPLOAD_BYTES'),
      maxPixels: numberFrom(variables, 'MAX_PIXELS'),
      maxSidePixels: numberFrom(variables, 'MAX_SIDE_PIXELS'),
      maxDecodeBytes: numberFrom(variables, 'MAX_DECODE_BYTES'),
      maxFilesPerRequest: numberFrom(variables, 'MAX_FILES_PER_REQUEST'),
      maxWaiting: numberFrom(variables, 'MAX_WAITING'),
      bodyTimeoutMs: numberFrom(variables, 'BODY_TIMEOUT_MS'),
    },
    maxStoreBytes: numberFrom(variables, 'MAX_STORE_BYTES'),
    uploadsPerSecond: numberFrom(variables, 'RATE_LIMIT'),
    thumbnailCpuMs: numberFrom(variables, 'THUMBNAIL_CPU_MS'),
  };
}

function allowedHostsFrom(list: string): readonly string[] {
  const given = list.split(',').map((host) => host.trim());
  return given
    .filter((host) => host !== '')
    .map((host) => {
      const name = hostNameOf(host);
      if (name === undefined || !/^[a-z0-9.:_-]+$/.test(name)) {
        throw new Error(
          `ALLOWED_HOSTS has ${shown(host)}; expected names of hosts, separated by commas, such as gallery.example`,
        );
      }
      return name;
    });
}

function numberFrom(variables: Variables, name: keyof typeof numbers): number {
  const { usual, least, most } = numbers[name];
  const text = variables[name];
  if (text === undefined) return usual;
  const value = wholeNumber(text, most);
  if (value === undefined || value < least) {
    throw new Error(`${name} is ${shown(text)}; expected a whole number from ${least} to ${most}`);
  }
  return value;
}

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
