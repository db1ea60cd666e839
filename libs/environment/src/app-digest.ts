import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What an app consists of: a lower-case hex SHA-256, and the bytes of its files. */
type Content = { readonly sha256: string; readonly bytes: number };

/** The content of a file. @throws the error of the file system. */
export async function hashFile(path: string): Promise<Content> {
  const hash = createHash('sha256');
  const bytes = await addFile(hash, path);
  return { sha256: hash.digest('hex'), bytes };
}

/**
 * The content of a folder: paths, links, and what can be run, but neither times nor owners.
 * @returns undefined for one without files. @throws the error of the file system, or the signal's reason.
 */
export async function hashFolder(path: string, signal: AbortSignal): Promise<Content | undefined> {
  const hash = createHash('sha256');
  const bytes = await addFolder(hash, path, '', signal);
  return bytes === undefined ? undefined : { sha256: hash.digest('hex'), bytes };
}

// what a build cannot choose, such as the times and the owner, is left out; whether a file may be run is not
const runnableBits = 0o111;

/**
 * Adds a folder tree to a hash: paths in the order of their bytes, kinds, whether files may be run, contents; a symbolic link
 * is its target.
 * @returns bytes of all files; undefined for none at all.
 */
async function addFolder(
  hash: Hash,
  root: string,
  place: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  let bytes: number | undefined;
  const names = (await readdir(join(root, place))).toSorted((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  for (const name of names) {
    signal.throwIfAborted();
    const within = place === '' ? name : `${place}/${name}`;
    const path = join(root, within);
    const found = await lstat(path);
    if (found.isDirectory()) {
      hash.update(`folder\0${within}\0`);
      bytes = (bytes ?? 0) + ((await addFolder(hash, root, within, signal)) ?? 0);
    } else if (found.isSymbolicLink()) {
      hash.update(`link\0${within}\0${await readlink(path)}\0`);
      bytes ??= 0;
    } else if (found.isFile()) {
      const isRunnable = (found.mode & runnableBits) !== 0;
      hash.update(`file\0${within}\0${isRunnable ? 'x' : '-'}\0${found.size}\0`);
      bytes = (bytes ?? 0) + (await addFile(hash, path));
    }
    // sockets and the like are nothing that a build makes
  }
  return bytes;
}

/** @returns its bytes. */
async function addFile(hash: Hash, path: string): Promise<number> {
  let bytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return bytes;
}
