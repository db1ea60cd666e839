import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pack, type Header, type Pack } from 'tar-stream';
import { pour } from './pour.ts';

/** What goes into an archive under a name. */
export type TarEntry = { readonly name: string; readonly mode: number } & (
  | { readonly type: 'directory' }
  | { readonly type: 'link'; readonly symbolic: boolean; readonly target: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'bytes'; readonly size: number; readonly bytes: AsyncIterable<unknown> }
);

/**
 * Streams entries as a tar archive whose bytes depend on nothing but names, modes and contents: all is owned by root and
 * has the epoch as its time.
 */
export function fixedTar(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): Readable {
  const archive = pack();
  const filling = fill(archive, entries);
  filling.catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive, { objectMode: false });
}

async function fill(archive: Pack, entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): Promise<void> {
  for await (const entry of entries) await add(archive, entry);
  archive.finalize();
}

async function add(archive: Pack, entry: TarEntry): Promise<void> {
  const header = {
    name: entry.name,
    mode: entry.mode,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    mtime: new Date(0),
  };
  switch (entry.type) {
    case 'directory':
      archive.entry({ ...header, type: 'directory' });
      return;
    case 'link':
      archive.entry({ ...header, type: entry.symbolic ? 'symlink' : 'link', linkname: entry.target });
      return;
    case 'text':
      archive.entry({ ...header, type: 'file' }, entry.text);
      return;
    case 'file':
      return stream(archive, { ...header, size: statSync(entry.path).size }, createReadStream(entry.path));
    case 'bytes':
      return stream(archive, { ...header, size: entry.size }, entry.bytes);
  }
}

async function stream(
  archive: Pack,
  header: Partial<Header> & Pick<Header, 'name'>,
  bytes: AsyncIterable<unknown>,
): Promise<void> {
  const written = Promise.withResolvers<undefined>();
  const sink = archive.entry({ ...header, type: 'file' }, (error) => {
    if (error) written.reject(error);
    else written.resolve(undefined);
  });
  await Promise.all([pour(bytes, sink), written.promise]);
}
