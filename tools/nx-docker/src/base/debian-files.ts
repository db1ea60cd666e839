import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { TarEntry } from '../archive/fixed-tar.ts';

/** Neither needed by a running app, nor the same from host to host. */
const left = [
  /^(?:dev|proc|sys|boot|home|media|mnt|opt|srv|root)\//,
  /^etc\/(?:apt|dpkg|hostname|resolv\.conf|fstab|debconf\.conf)/,
  /^usr\/s?bin\//,
  /^usr\/share\/(?:doc|man|locale|lintian|bug|debconf|apport|perl5|bash-completion|gdb|gcc|pixmaps)\//,
  /^var\/(?:lib|cache|log)\//,
];

/**
 * The entries of a Debian userland that a running app may need. Its certificates, which only the package's own script would
 * join, come last as the one file that programs look for.
 * @param path tar archive of unpacked packages.
 */
export async function* debianFiles(path: string): AsyncGenerator<TarEntry> {
  const certificates: string[] = [];
  const entries = extract();
  const reading = pour(createReadStream(path), entries);
  // a failure ends the loop below, too
  reading.catch(() => undefined);
  for await (const entry of entries) {
    const { type, mode, size, linkname } = entry.header;
    const name = entry.header.name.replace(/^\.\//, '');
    const dropped = name === '' || left.some((pattern) => pattern.test(name));
    if (!dropped && type === 'file') {
      if (/^usr\/share\/ca-certificates\/.*\.crt$/.test(name)) certificates.push(await textOf(entry));
      else yield { name, mode, type: 'bytes', size, bytes: entry };
      continue;
    }
    entry.resume();
    if (dropped) continue;
    if (type === 'directory') yield { name, mode, type };
    else if (type === 'symlink') yield { name, mode, type: 'link', symbolic: true, target: linkname };
    else if (type === 'link')
      yield { name, mode, type, symbolic: false, target: linkname.replace(/^\.\//, '') };
  }
  await reading;
  if (certificates.length === 0) return;
  const text = `${certificates.sort().join('\n')}\n`;
  yield { name: 'etc/ssl/certs/ca-certificates.crt', mode: 0o644, type: 'text', text };
}

async function textOf(bytes: AsyncIterable<unknown>): Promise<string> {
  return (await buffer(bytes as AsyncIterable<Buffer>)).toString().trim();
}

/** A streamx stream that can be written to, as tar-stream has them. */
type Basin = {
  write(chunk: Buffer): boolean;
  end(last: null): unknown;
  destroy(error?: Error): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
};

/** Writes chunks into a stream no faster than it takes them, and ends it; destroys it when their source fails. */
async function pour(chunks: AsyncIterable<unknown>, into: Basin): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) throw new Error('expected bytes');
      if (!into.write(chunk)) await drained(into);
    }
  } catch (error) {
    into.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  into.end(null);
}

function drained(sink: Basin): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      sink.off('drain', go);
      sink.off('close', go);
      resolve();
    };
    sink.once('drain', go);
    // nobody reads any more: the next write fails and says why
    sink.once('close', go);
  });
}
