import {
  accessSync,
  type BigIntStats,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import type { TarEntry, TarName } from '../fixed-tar.ts';
import { dockerIgnore, type DockerIgnore, type Met } from './docker-ignore.ts';

/** What an image is built from. */
export type BuildContext = {
  readonly entries: readonly TarEntry[];
  /** Name of the Dockerfile among the entries. */
  readonly dockerfile: string;
  /**
   * Where the Dockerfile is not to be a part of the context that it sees: the `.dockerignore` by which the legacy
   * builder takes it out again. BuildKit cannot, of a context that is sent to it.
   */
  readonly withoutDockerfile?: TarEntry;
};

/**
 * A context of files that lie anywhere, sorted by name: the same files give the same archive.
 * @param files name in the context → file on this host; "Dockerfile" is among them.
 * @param folders names in the context of empty folders, without a slash at the end.
 */
export function contextOfFiles(
  files: ReadonlyMap<string, string>,
  folders: readonly string[] = [],
): BuildContext {
  const entries = [
    ...[...files].map(([name, path]): TarEntry => {
      const { mode, size } = statSync(path);
      return { name, path, size, type: 'file', mode: (mode & 0o111) === 0 ? 0o644 : 0o755 };
    }),
    ...folders.map((name): TarEntry => ({ name: `${name}/`, type: 'directory', mode: 0o755 })),
  ];
  return { entries: sorted(entries), dockerfile: 'Dockerfile' };
}

/**
 * The context that `docker build --file dockerfile folder` sends: all of the folder but what `<dockerfile>.dockerignore`
 * or else its `.dockerignore` names; links as links, modes as they are, times fixed. Sockets are left out.
 * @throws Error in one line when something cannot be read, or a pattern is none.
 */
export function contextOfFolder(folder: string, dockerfile: string): BuildContext {
  const root = realpathSync(folder);
  const file = realpathSync(dockerfile);
  const isOutside = relative(root, file).split('/')[0] === '..';
  // the name that the docker CLI gives to a Dockerfile from elsewhere, less its random ending
  const name = isOutside ? '.dockerfile.tare' : relative(root, file);
  const ignoreFile = [`${dockerfile}.dockerignore`, join(root, '.dockerignore')].find((path) =>
    existsSync(path),
  );
  const ignore = dockerIgnore(
    ignoreFile === undefined ? '' : readFileSync(ignoreFile, 'utf8'),
    ignoreFile ?? '',
  );
  const entries = entriesOf(root, keeping(ignore, name));
  const ownIgnore = join(root, '.dockerignore');
  const keepsIgnore = existsSync(ownIgnore) && !ignore.ignores('.dockerignore');
  const isHidden = isOutside || ignore.ignores(name);
  const patterns = keepsIgnore ? readFileSync(ownIgnore, 'utf8') : '.dockerignore';
  const isNamed = keepsIgnore && ignoreFile === ownIgnore && !isOutside;
  return {
    entries: isOutside
      ? [...entries, { name, path: file, size: statSync(file).size, type: 'file', mode: 0o644 }]
      : entries,
    dockerfile: name,
    ...(isHidden && {
      withoutDockerfile: {
        name: '.dockerignore',
        mode: 0o644,
        type: 'text',
        text: isNamed ? patterns : `${patterns}\n${escaped(name)}\n`,
      },
    }),
  };
}

/** The same patterns, but the Dockerfile is there for the builder whatever they say. */
function keeping({ ignores, meets, mayKeepBelow }: DockerIgnore, dockerfile: string): DockerIgnore {
  return {
    ignores,
    meets: (path, folder) => {
      const met = meets(path, folder);
      return path === dockerfile ? { ...met, ignored: false } : met;
    },
    mayKeepBelow: (folder) => dockerfile.startsWith(`${folder}/`) || mayKeepBelow(folder),
  };
}

function escaped(name: string): string {
  return name.replace(/[*?[\]\\]/g, '\\$&');
}

function sorted(entries: readonly TarEntry[]): readonly TarEntry[] {
  return entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** All of a folder that is not ignored, folders before what they hold. */
function entriesOf(root: string, ignore: DockerIgnore): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  // of files with several names, the first one in the archive by device and inode
  const firstNames = new Map<string, TarName>();
  const visit = (folder: Buffer, prefix: Buffer, above?: Met): void => {
    const names = readable(folder, () => readdirSync(folder, { encoding: 'buffer' }));
    for (const base of names.toSorted((a, b) => Buffer.compare(a, b))) {
      const name = Buffer.concat([prefix, base]);
      const path = Buffer.concat([folder, Buffer.from('/'), base]);
      const shown = name.toString();
      const facts = lstatSync(path, { bigint: true });
      const met = ignore.meets(shown, above);
      if (!met.ignored) {
        const entry = entryOf(path, name, facts, firstNames);
        if (entry !== undefined) entries.push(entry);
      }
      if (facts.isDirectory() && (!met.ignored || ignore.mayKeepBelow(shown)))
        visit(path, Buffer.concat([name, Buffer.from('/')]), met);
    }
  };
  visit(Buffer.from(root), Buffer.alloc(0));
  return entries;
}

function entryOf(
  path: Buffer,
  bytes: Buffer,
  facts: BigIntStats,
  firstNames: Map<string, TarName>,
): TarEntry | undefined {
  const name = nameOf(bytes);
  const mode = Number(facts.mode & 0o7777n);
  if (facts.isDirectory()) {
    return { name: nameOf(Buffer.concat([bytes, Buffer.from('/')])), mode, type: 'directory' };
  }
  if (facts.nlink > 1n) {
    const file = `${facts.dev}:${facts.ino}`;
    const first = firstNames.get(file);
    if (first !== undefined) return { name, mode, type: 'link', symbolic: false, target: first };
    firstNames.set(file, name);
  }
  if (facts.isSymbolicLink()) {
    return { name, mode, type: 'link', symbolic: true, target: nameOf(readlinkSync(path, 'buffer')) };
  }
  if (facts.isFIFO()) return { name, mode, type: 'fifo' };
  if (!facts.isFile()) return undefined;
  readable(path, () => {
    accessSync(path, constants.R_OK);
  });
  return { name, mode, type: 'file', path, size: Number(facts.size) };
}

/** A name as a string, or as bytes where it is not UTF-8. */
function nameOf(bytes: Buffer): TarName {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : bytes;
}

function readable<T>(path: Buffer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Error(
      `the build's context holds ${path.toString()}, which cannot be read (${why}): change its mode, or name it in .dockerignore`,
      { cause },
    );
  }
}

/** Where an app's data lies in its container: a volume, the only disk that it can write to. */
export const dataFolder = '/data';

/**
 * The empty folder in a build's context that an image gets as {@link dataFolder}, for the app's user: a fresh volume takes
 * over the owner of what the image has in its place. Inside of another, as a copied folder itself gets the time of the build.
 */
export const dataFolderInContext = `folders${dataFolder}`;
