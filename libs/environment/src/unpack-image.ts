import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import {
  chmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, posix } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type Extract, type Header } from 'tar-stream';
import type { ImageArtifact } from './app.ts';

/** Where the root file systems of images lie that were unpacked: a folder by digest, kept for the next run. */
function imagesFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tare', 'images');
}

/** The folders of an unpacked image. */
type ImageRoot = {
  /** Its root file system. Nothing writes into it. */
  readonly lower: string;
  /** An empty folder on which a trial mounts its own copy. */
  readonly mount: string;
  /** An empty folder on which a trial mounts what its copy has of its own. */
  readonly scratch: string;
};

/** Where an image is unpacked, or will be. */
export function imageRootOf({ sha256 }: Pick<ImageArtifact, 'sha256'>): ImageRoot {
  const folder = join(imagesFolder(), sha256);
  return { lower: join(folder, 'root'), mount: join(folder, 'mount'), scratch: join(folder, 'scratch') };
}

/** Folders that a trial mounts something on, so that they must be there and lead nowhere else. */
const mountPoints = ['dev', 'proc', 'sys', 'tmp', 'etc'];

/**
 * Unpacks the root file system of an image, with owners, modes, times and links, unless it is there. Device files are left
 * out, and extended attributes. Needs root.
 * @throws Error in one line when the archive is none, or holds a path that leads out of it.
 */
export async function unpackImage(image: ImageArtifact, signal: AbortSignal): Promise<ImageRoot> {
  const wanted = imageRootOf(image);
  const folder = dirname(wanted.lower);
  if (existsSync(wanted.lower)) return wanted;
  const aside = `${folder}.${randomUUID()}`;
  const [root, blobs] = [join(aside, 'root'), join(aside, 'blobs')];
  try {
    for (const each of [root, blobs, join(aside, 'mount'), join(aside, 'scratch')]) {
      await mkdir(each, { recursive: true, mode: 0o755 });
    }
    for (const layer of await layersOf(image.archive, blobs, signal)) await addLayer(root, layer, signal);
    for (const name of mountPoints) {
      const found = await lstat(join(root, name)).catch(() => undefined);
      if (found === undefined) await mkdir(join(root, name), { mode: name === 'tmp' ? 0o1777 : 0o755 });
      else if (!found.isDirectory()) throw new Error(`/${name} is no folder in it`);
    }
    await rm(blobs, { recursive: true });
    // another run may have been quicker
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(wanted.lower)) throw error;
    });
    return wanted;
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the image ${image.reference} cannot be unpacked into ${folder}: ${why}`, { cause });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The files of the layers of an image archive, from the lowest: what `docker save` writes, or an OCI layout. */
async function layersOf(archive: string, blobs: string, signal: AbortSignal): Promise<readonly string[]> {
  const files = new Map<string, string>();
  for await (const entry of entriesOf(createReadStream(archive, { signal }))) {
    const name = posix.normalize(entry.header.name);
    if (entry.header.type === 'file') {
      const path = join(blobs, String(files.size));
      await pipeline(entry, createWriteStream(path));
      files.set(name, path);
    } else {
      if (entry.header.type === 'symlink') {
        // archives of old engines share layers this way
        const target = posix.join(posix.dirname(name), entry.header.linkname ?? '');
        files.set(name, files.get(target) ?? '');
      }
      entry.resume();
    }
  }
  const fileOf = (name: string): string => {
    const path = files.get(name);
    if (path === undefined || path === '') throw new Error(`${archive} has no ${name}`);
    return path;
  };
  const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(fileOf(name), 'utf8'));
  if (files.has('manifest.json')) {
    const [image] = (await json('manifest.json')) as readonly { readonly Layers?: readonly string[] }[];
    if (image?.Layers === undefined) throw new Error(`manifest.json of ${archive} names no layers`);
    return image.Layers.map(fileOf);
  }
  if (!files.has('index.json'))
    throw new Error(`${archive} is no image archive: no manifest.json, no index.json`);
  const blobOf = ({ digest }: Json): string => `blobs/${String(digest).replace(':', '/')}`;
  let manifest = (await json('index.json')) as Json;
  while (Array.isArray(manifest.manifests)) {
    const all = manifest.manifests as readonly (Json & { readonly platform?: Json })[];
    const chosen = all.find(({ platform }) => platform?.architecture === ociArchitecture) ?? all[0];
    if (chosen === undefined) throw new Error(`${archive} holds no image`);
    manifest = (await json(blobOf(chosen))) as Json;
  }
  return (manifest.layers as readonly Json[]).map((layer) => fileOf(blobOf(layer)));
}

const ociArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** Adds a layer: files take the place of those below, whiteouts take them away (OCI image specification, layer.md). */
async function addLayer(root: string, layer: string, signal: AbortSignal): Promise<void> {
  const kept = new Set<string>();
  const times: { readonly path: string; readonly mtime: Date }[] = [];
  for await (const entry of entriesOf(...(await plainStreams(layer, signal)))) {
    signal.throwIfAborted();
    const { header } = entry;
    const name = posix.normalize(`/${header.name}`).replace(/\/$/, '');
    if (header.name.split('/').includes('..')) throw new Error(`its path ${header.name} leads out of it`);
    // a link in the place of the root would lead all that follows out of it
    if (name === '' && header.type !== 'directory') throw new Error('its root is no folder');
    const parent = await placeIn(root, posix.dirname(name || '/'));
    const path = name === '' ? root : join(parent, basename(name));
    const wh = basename(name);
    if (wh === opaque) {
      for (const each of await readdir(parent)) {
        if (!kept.has(join(parent, each))) await rm(join(parent, each), { recursive: true, force: true });
      }
    } else if (wh.startsWith(whiteout)) {
      const removed = wh.slice(whiteout.length);
      if (['', '.', '..'].includes(removed)) throw new Error(`its path ${header.name} leads out of it`);
      await rm(join(parent, removed), { recursive: true, force: true });
    } else if (await addEntry(root, path, header, entry)) {
      for (let each = path; each.length > root.length; each = dirname(each)) kept.add(each);
      if (header.mtime !== undefined) times.push({ path, mtime: header.mtime });
    }
    entry.resume();
  }
  // what is written into a folder later changes its time
  for (const { path, mtime } of times.toReversed()) {
    await lutimes(path, mtime, mtime).catch(() => undefined);
  }
}

/** @returns whether there is something at the path now. */
async function addEntry(
  root: string,
  path: string,
  header: Header,
  content: AsyncIterable<unknown>,
): Promise<boolean> {
  const { type, mode = 0o644, uid = 0, gid = 0, linkname } = header;
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !(type === 'directory' && found.isDirectory())) {
    await rm(path, { recursive: true, force: true });
  }
  switch (type) {
    case 'directory':
      await mkdir(path, { recursive: true });
      break;
    case 'file':
    case 'contiguous-file': {
      // never through a link, and never over what is there
      const file = await open(path, 'wx');
      await pipeline(content, file.createWriteStream());
      break;
    }
    case 'symlink':
      // where it leads is found out in the root of the app
      await symlink(linkname ?? '', path);
      await lchown(path, uid, gid);
      return true;
    case 'link': {
      const target = posix.normalize(`/${linkname ?? ''}`);
      await link(join(await placeIn(root, posix.dirname(target)), basename(target)), path);
      return true;
    }
    case 'block-device':
    case 'character-device':
    case 'fifo':
    default:
      // devices and pipes: a trial has the usual devices
      return false;
  }
  await lchown(path, uid, gid);
  await chmod(path, mode & 0o7777);
  return true;
}

const mostLinks = 40;

/**
 * A folder of the root as its own programs would find it: links in it are followed within the root. Made if it is not there.
 */
async function placeIn(root: string, folder: string): Promise<string> {
  let left = folder.split('/').filter(Boolean);
  let at = root;
  for (let links = 0; left.length > 0;) {
    const [name = '', ...rest] = left;
    left = rest;
    if (name === '.') continue;
    if (name === '..') {
      if (at !== root) at = dirname(at);
      continue;
    }
    const path = join(at, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink() === true) {
      links += 1;
      if (links > mostLinks) throw new Error(`its path ${folder} is a circle of links`);
      const target = await readlink(path);
      if (target.startsWith('/')) at = root;
      left = [...target.split('/').filter(Boolean), ...rest];
      continue;
    }
    if (found === undefined) await mkdir(path, { mode: 0o755 });
    else if (!found.isDirectory()) {
      await rm(path);
      await mkdir(path, { mode: 0o755 });
    }
    at = path;
  }
  return at;
}

const gzipMagic = 0x1f8b;
const zstdMagic = 0x28b52ffd;

/** The entries of a tar archive. A failure of what brings it ends them, too. */
function entriesOf(...streams: readonly [Readable, ...Duplex[]]): Extract {
  const entries = extract();
  pipeline([...streams, entries]).catch((error: unknown) => {
    entries.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return entries;
}

async function plainStreams(layer: string, signal: AbortSignal): Promise<readonly [Readable, ...Duplex[]]> {
  const file = await open(layer, 'r');
  const magic = Buffer.alloc(4);
  await file.read(magic, 0, magic.length, 0);
  await file.close();
  const stream = createReadStream(layer, { signal });
  if (magic.readUInt16BE(0) === gzipMagic) return [stream, createGunzip()];
  return magic.readUInt32BE(0) === zstdMagic ? [stream, createZstdDecompress()] : [stream];
}
