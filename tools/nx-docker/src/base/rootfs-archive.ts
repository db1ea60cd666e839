import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fixedTar, type TarEntry, type TarName } from '../archive/fixed-tar.ts';
import { debianFiles } from './debian-files.ts';

/** What goes into a `rootfs.tar`. */
export type RootfsParts = {
  /** Tar archive of a Debian userland; undefined where the image's base brings one. */
  readonly userland: string | undefined;
  readonly nodeBinary: string;
};

/** The user that the app runs as: Debian's own "nobody", so that a base from a registry knows it too. */
export const appUserId = 65534;

const folders = ['etc/', 'etc/ssl/', 'etc/ssl/certs/', 'usr/', 'usr/local/', 'usr/local/bin/'];
const files: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/usr/sbin/nologin\n' +
    `nobody:x:${appUserId}:${appUserId}:nobody:/nonexistent:/usr/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnogroup:x:${appUserId}:\n`,
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/**
 * Writes a `rootfs.tar`: the userland, if one is given, and the Node binary at /usr/local/bin/node. The same parts give
 * the same bytes.
 * @returns the sha256 of the archive.
 */
export async function writeRootfs(parts: RootfsParts, out: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(fixedTar(withoutRepeats(entriesOf(parts))), hashed, createWriteStream(out), { signal });
  return hash.digest('hex');
}

async function* entriesOf({ userland, nodeBinary }: RootfsParts): AsyncGenerator<TarEntry> {
  if (userland !== undefined) {
    // folders first: /etc/ssl/certs may come from no package
    for (const name of folders) yield { name, mode: 0o755, type: 'directory' };
    yield { name: 'tmp/', mode: 0o1777, type: 'directory' };
    yield* debianFiles(userland);
    for (const [name, text] of Object.entries(files)) yield { name, mode: 0o644, type: 'text', text };
  }
  yield { name: 'usr/local/bin/node', mode: 0o755, type: 'file', path: nodeBinary };
}

async function* withoutRepeats(entries: AsyncIterable<TarEntry>): AsyncGenerator<TarEntry> {
  const folders = new Set<TarName>();
  for await (const entry of entries) {
    if (entry.type === 'directory' && folders.has(entry.name)) continue;
    folders.add(entry.name);
    yield entry;
  }
}
