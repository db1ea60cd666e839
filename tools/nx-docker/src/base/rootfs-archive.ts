import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, type Extract } from 'tar-stream';
import { fixedTar, type TarEntry, type TarName } from '../fixed-tar.ts';
import type { Userland } from './debian-userland.ts';

/** What goes into a `rootfs.tar`. */
type RootfsParts = {
  /** Undefined where the image's base brings one. */
  readonly userland: Userland | undefined;
  readonly nodeBinary: string;
};

/** The user that the app runs as: Debian's own "nobody", so that a base from a registry knows it too. */
export const appUserId = 65534;

const folders = [
  'etc/',
  'etc/ssl/',
  'etc/ssl/certs/',
  'usr/',
  'usr/local/',
  'usr/local/bin/',
  'var/',
  'var/lib/',
  'var/lib/dpkg/',
];
const filesOf = ({ suite, status }: Userland): Readonly<Record<string, string>> => ({
  'etc/passwd':
    'root:x:0:0:root:/root:/usr/sbin/nologin\n' +
    `nobody:x:${appUserId}:${appUserId}:nobody:/nonexistent:/usr/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnogroup:x:${appUserId}:\n`,
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  // from these two a scanner knows which packages the image has
  'etc/os-release': `PRETTY_NAME="Debian GNU/Linux (${suite})"\nID=debian\nVERSION_CODENAME=${suite}\n`,
  'var/lib/dpkg/status': status,
});

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
    if (!userland.isWhole)
      for (const [name, text] of Object.entries(filesOf(userland)))
        yield { name, mode: 0o644, type: 'text', text };
  }
  yield { name: 'usr/local/bin/node', mode: 0o755, type: 'file', path: nodeBinary };
  // where its own archive has it, for Node and its parts
  const licence = join(dirname(nodeBinary), '../LICENSE');
  if (existsSync(licence)) yield { name: 'usr/local/LICENSE', mode: 0o644, type: 'file', path: licence };
}

async function* withoutRepeats(entries: AsyncIterable<TarEntry>): AsyncGenerator<TarEntry> {
  const folders = new Set<TarName>();
  for await (const entry of entries) {
    if (entry.type === 'directory' && folders.has(entry.name)) continue;
    folders.add(entry.name);
    yield entry;
  }
}

/** What no running app needs, or what differs from host to host. */
const left = [
  /^(?:dev|proc|sys|boot)\//,
  /^etc\/(?:apt|hostname|resolv\.conf|fstab)/,
  // of the documents the licences stay: whoever passes the image on passes on copies of these packages
  /^usr\/share\/(?:doc\/(?![^/]*\/?(?:copyright)?$)|(?:man|locale|lintian|bug|bash-completion|gdb)\/)/,
  /^var\/(?:lib\/(?:apt|dpkg\/(?!status$))|cache|log)\//,
];

/** What else is of no use where packages are only unpacked. */
const leftUnpacked = [
  /^(?:home|media|mnt|opt|srv|root)\//,
  /^etc\/(?:dpkg|debconf\.conf|debian_version|default|host\.conf|issue|os-release$|profile\.d|skel|update-motd\.d)/,
  /^usr\/s?bin\//,
  /^usr\/share\/(?:debconf|apport|perl5|gcc|pixmaps|base-files)\//,
  /^var\/lib\//,
];

/**
 * The entries of a Debian userland that a running app may need. The certificates of packages that are only unpacked come last,
 * joined into the one file that programs look for, as the package's own script would do.
 */
async function* debianFiles({ archive, isWhole }: Userland): AsyncGenerator<TarEntry> {
  const unwanted = isWhole ? left : [...left, ...leftUnpacked];
  const certificates: string[] = [];
  const entries = extract();
  const reading = pour(createReadStream(archive), entries);
  // a failure ends the loop below, too
  reading.catch(() => undefined);
  for await (const entry of entries) {
    const { type, mode, size, linkname } = entry.header;
    const name = entry.header.name.replace(/^\.\//, '');
    const dropped = name === '' || unwanted.some((pattern) => pattern.test(name));
    if (!dropped && type === 'file') {
      if (!isWhole && /^usr\/share\/ca-certificates\/.*\.crt$/.test(name))
        certificates.push(await textOf(entry));
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

/** Writes chunks into a stream no faster than it takes them, and ends it; destroys it when their source fails. */
async function pour(chunks: AsyncIterable<unknown>, into: Extract): Promise<void> {
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

function drained(sink: Extract): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      sink.off('drain', go);
      sink.off('close', go);
      resolve();
    };
    sink.once('drain', go);
    // nobody reads any more; the next write fails and says why
    sink.once('close', go);
  });
}
