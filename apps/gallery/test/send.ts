import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body as JSON, or nothing when it is none. */
  readonly json: unknown;
};

export type Sent = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent at once, unless `chunks` says otherwise. */
  readonly body?: Uint8Array;
  /** Writes the body itself. */
  readonly write?: (send: (chunk: Uint8Array) => void) => Promise<void>;
  readonly timeoutMs?: number;
};

/** Sends a request just as it is given, without the care that fetch takes, and resolves with the reply. */
export async function send(url: URL, sent: Sent = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const { method = 'GET', headers = {}, body, write, timeoutMs = 60_000 } = sent;
  const signal = AbortSignal.timeout(timeoutMs);
  const outgoing = request(url, { method, headers, signal, agent: false }, (response) => {
    buffer(response).then((bytes) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: bytes,
        json: jsonOf(bytes),
      });
    }, reject);
  });
  outgoing.on('error', reject);
  if (write === undefined) outgoing.end(body);
  else {
    await write((chunk) => outgoing.write(chunk)).catch(reject);
    outgoing.end();
  }
  return promise;
}

/**
 * Writes pieces to a connection of its own, each in a packet of its own, and resolves with the status of the reply as soon as there
 * is one, however much of the request is still to come.
 */
export async function statusOfPieces(url: URL, pieces: readonly (Uint8Array | string)[]): Promise<number> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const replied = once(socket, 'data', { signal: AbortSignal.timeout(60_000) }) as Promise<[Buffer]>;
  try {
    for (const piece of pieces) {
      await Promise.race([new Promise((resolve) => socket.write(piece, resolve)), replied]);
      await wait(10);
    }
    const [start] = await replied;
    return Number(/^HTTP\/1\.1 (\d+)/.exec(start.toString('latin1'))?.[1]);
  } finally {
    socket.destroy();
  }
}

/** The line and the headers of a request to upload a body of this type and length. */
export function uploadHead(type: string, length: number): string {
  return `POST /api/images HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
}

/** A part of a form: a file when it has a file name, a field when not. */
export type Part = {
  readonly fileName?: string;
  readonly type?: string;
  readonly content: Uint8Array | string;
};

/** The body and the headers of a form. */
export function formOf(
  parts: readonly Part[],
  boundary = 'tare-boundary',
): Required<Pick<Sent, 'headers' | 'body'>> {
  const pieces = parts.flatMap(({ fileName, type = 'application/octet-stream', content }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="images"`),
    Buffer.from(
      fileName === undefined ? '\r\n\r\n' : `; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** The id that an image has. */
export function idOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
