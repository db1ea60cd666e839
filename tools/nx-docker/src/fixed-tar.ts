import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';

/** A name or a link's target: a string, or the bytes of one that is not UTF-8. */
export type TarName = string | Buffer;

/** What goes into an archive under a name. */
export type TarEntry = { readonly name: TarName; readonly mode: number } & (
  | { readonly type: 'directory' }
  | { readonly type: 'fifo' }
  | { readonly type: 'link'; readonly symbolic: boolean; readonly target: TarName }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly path: string | Buffer; readonly size?: number }
  | { readonly type: 'bytes'; readonly size: number; readonly bytes: AsyncIterable<unknown> }
);

/**
 * Streams entries as a tar archive (POSIX pax) whose bytes depend only on names, modes and contents: root owns everything, and
 * every time is the epoch. Written here because no library writes names that are not UTF-8.
 */
export function fixedTar(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): Readable {
  return Readable.from(blocks(entries), { objectMode: false });
}

const blockSize = 512;

async function* blocks(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const entry of entries) {
    const { size, bytes } = contentOf(entry);
    yield headerOf(entry, size);
    let written = 0;
    for await (const chunk of bytes) {
      if (!Buffer.isBuffer(chunk)) throw new Error('expected bytes');
      written += chunk.length;
      yield chunk;
    }
    if (written !== size) {
      throw new Error(
        `${entry.name.toString()} has ${written} bytes, not ${size}: it changed while it was read; try again`,
      );
    }
    yield padding(size);
  }
  yield Buffer.alloc(2 * blockSize);
}

function contentOf(entry: TarEntry): {
  readonly size: number;
  readonly bytes: Iterable<Buffer> | AsyncIterable<unknown>;
} {
  switch (entry.type) {
    case 'file': {
      const { path, size = statSync(path).size } = entry;
      // reads no more than the header announces: a log file may grow meanwhile
      return { size, bytes: size === 0 ? [] : createReadStream(path, { end: size - 1 }) };
    }
    case 'text': {
      const bytes = Buffer.from(entry.text);
      return { size: bytes.length, bytes: [bytes] };
    }
    case 'bytes':
      return entry;
    case 'directory':
    case 'fifo':
    case 'link':
      return { size: 0, bytes: [] };
  }
}

function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

const flags = { file: '0', text: '0', bytes: '0', directory: '5', fifo: '6' } as const;

/** The header of an entry, after a pax header for what it cannot hold. */
function headerOf(entry: TarEntry, size: number): Buffer {
  const fields = {
    path: Buffer.from(entry.name),
    linkpath: Buffer.from(entry.type === 'link' ? entry.target : ''),
  };
  const records = Object.entries(fields).flatMap(([key, value]) =>
    value.length > 100 || value.some((byte) => byte > 127) ? [paxRecord(key, value)] : [],
  );
  if (size >= 8 ** 11) records.push(paxRecord('size', Buffer.from(String(size))));
  const flag = entry.type === 'link' ? (entry.symbolic ? '2' : '1') : flags[entry.type];
  const own = header(fields.path, entry.mode, size >= 8 ** 11 ? 0 : size, flag, fields.linkpath);
  if (records.length === 0) return own;
  const pax = Buffer.concat(records);
  return Buffer.concat([header(Buffer.from('pax'), 0o644, pax.length, 'x'), pax, padding(pax.length), own]);
}

/** "length key=value\n", where the length counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A block in the format ustar (POSIX pax, "ustar Interchange Format"). */
function header(name: Buffer, mode: number, size: number, flag: string, target = Buffer.alloc(0)): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  name.copy(block, 0, 0, 100);
  octal(mode & 0o7777, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write(' '.repeat(8) + flag, 148, 'latin1');
  target.copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257, 'latin1');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block.write('\u0000 ', 154, 'latin1');
  return block;
}
