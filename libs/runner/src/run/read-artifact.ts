import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { AppSource, Artifact, FilesSource, ImageSource, NodeSource } from '@tare/environment';
import { projectOf } from '../config/apps.ts';
import { appOf, type Workload } from '../config/workload.ts';

/**
 * Finds the app of a workload, reads and hashes it.
 * @throws Error with one line and what to do when it is not there: it is made by the workload's build.
 */
export async function readArtifact(
  { name, app }: Pick<Workload, 'name' | 'app'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Artifact> {
  const project = projectOf(app);
  const of = { workload: appOf(name), ...(project !== undefined && { project }) };
  try {
    const source = await resolved(app);
    switch (source.kind) {
      case 'node':
        return { ...of, ...(await readNode(source, buildOf(name, app))) };
      case 'files':
        return { ...of, ...(await readFiles(source, buildOf(name, app), signal)) };
      case 'image':
        return { ...of, ...(await source.read(signal)) };
    }
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`workload ${name}: ${message}`, { cause: error });
  }
}

async function resolved(app: AppSource): Promise<NodeSource | FilesSource | ImageSource> {
  if (app.kind !== 'project') return app;
  if (app.resolve === undefined) {
    throw new Error(
      `nothing here knows the projects of a workspace: name what ${app.project} builds, by node(…) or files(…)`,
    );
  }
  return app.resolve();
}

/** What builds it, for messages. */
function buildOf(name: string, app: AppSource): string {
  return `build it: nx run ${projectOf(app) ?? appOf(name)}:build`;
}

type Read<Kind extends Artifact['kind']> = Omit<Extract<Artifact, { readonly kind: Kind }>, 'workload'>;

async function readNode({ file }: NodeSource, remedy: string): Promise<Read<'node'>> {
  const path = fileURLToPath(file);
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`its app ${path} cannot be read (${codeOf(cause)}); ${remedy}`, { cause });
  });
  if (found.isDirectory()) {
    throw new Error(
      `its app ${path} is a folder, expected a file: for a folder there is files(folder, command)`,
    );
  }
  const hash = createHash('sha256');
  const bytes = await addFile(hash, path);
  return { kind: 'node', path, sha256: hash.digest('hex'), bytes };
}

async function readFiles(
  { folder, command, base }: FilesSource,
  remedy: string,
  signal: AbortSignal,
): Promise<Read<'files'>> {
  const path = fileURLToPath(folder).replace(/(?<=.)\/$/, '');
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`its folder ${path} cannot be read (${codeOf(cause)}); ${remedy}`, { cause });
  });
  if (!found.isDirectory())
    throw new Error(`its app ${path} is no folder; for one file of Node there is node(file)`);
  const hash = createHash('sha256');
  const bytes = await addFolder(hash, path, '', signal);
  if (bytes === undefined) throw new Error(`its folder ${path} is empty; ${remedy}`);
  return {
    kind: 'files',
    path,
    command,
    ...(base !== undefined && { base }),
    sha256: hash.digest('hex'),
    bytes,
  };
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

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
