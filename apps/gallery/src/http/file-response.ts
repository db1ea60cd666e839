import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

type FileRequest = {
  readonly method: string;
  readonly ifNoneMatch: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
};

type ServedFile = {
  readonly path: string;
  readonly bytes: number;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Up to this size a file is read at once, which is faster than a stream. */
const readAtOnceBytes = 256 * 1024;

/**
 * The reply to a request for a file that never changes under its address: 200, 206 for a range, 304 when the client has it, 416
 * for a range outside; undefined when the file is gone.
 */
export async function fileResponse(request: FileRequest, file: ServedFile): Promise<Response | undefined> {
  const headers = {
    ...file.headers,
    etag: file.etag,
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=31536000, immutable',
  };
  if (matches(request.ifNoneMatch, file.etag)) return new Response(null, { status: 304, headers });

  const asked = request.ifRange === undefined || request.ifRange === file.etag ? request.range : undefined;
  const range = byteRange(asked, file.bytes);
  if (range === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${file.bytes}` } });
  }
  const { first, last } = range === 'whole' ? { first: 0, last: file.bytes - 1 } : range;
  const sized = { ...headers, 'content-length': String(last - first + 1) };
  const partial = { 'content-range': `bytes ${first}-${last}/${file.bytes}` };
  const init =
    range === 'whole' ? { status: 200, headers: sized } : { status: 206, headers: { ...sized, ...partial } };
  if (request.method === 'HEAD') return new Response(null, init);
  const body = await bodyOf(file.path, first, last);
  return body && new Response(body, init);
}

/** RFC 9110, 13.1.2: the weak comparison. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const given = ifNoneMatch?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? [];
  return given.includes(etag) || given.includes('*');
}

async function bodyOf(
  path: string,
  first: number,
  last: number,
): Promise<Uint8Array<ArrayBuffer> | globalThis.ReadableStream | undefined> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  if (last - first >= readAtOnceBytes) {
    const stream: ReadableStream = Readable.toWeb(handle.createReadStream({ start: first, end: last }));
    return stream as globalThis.ReadableStream;
  }
  try {
    const bytes = new Uint8Array(last - first + 1);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, first);
    if (bytesRead !== bytes.length) throw new Error(`${path} is shorter than it was; restore or delete it`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** The first and the last byte asked for, both included. */
type ByteRange = { readonly first: number; readonly last: number };

/**
 * The part of `size` bytes that a Range header asks for: `whole` without one, and for one in other units or with several parts,
 * which may be answered so (RFC 9110, 14.2); `unsatisfiable` when it lies outside.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(/\s/g, '') ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return 'whole';
  return first >= size ? 'unsatisfiable' : { first, last };
}
