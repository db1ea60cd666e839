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
import { dirname, extname, join, posix, relative } from 'node:path';
import { RE2JS } from 're2js';
import type { TarEntry, TarName } from '../fixed-tar.ts';

/** What an image is built from. */
export type BuildContext = {
  readonly entries: readonly TarEntry[];
  /** Name of the Dockerfile among the entries. */
  readonly dockerfile: string;
  /**
   * Set if the Dockerfile must not be part of the context that it sees: the `.dockerignore` by which the legacy builder
   * removes it. BuildKit cannot remove it from a context that is sent to it.
   */
  readonly withoutDockerfile?: TarEntry;
};

/**
 * A context of files that lie anywhere, sorted by name: the same files give the same archive.
 * @param files name in the context → file on this host; "Dockerfile" is among them.
 * @param more what else is in it.
 */
export function contextOfFiles(
  files: ReadonlyMap<string, string>,
  more: readonly TarEntry[] = [],
): BuildContext {
  const entries = [...files].map(([name, path]): TarEntry => {
    const { mode, size } = statSync(path);
    return { name, path, size, type: 'file', mode: (mode & 0o111) === 0 ? 0o644 : 0o755 };
  });
  return { entries: sorted([...entries, ...more]), dockerfile: 'Dockerfile' };
}

/** Where an app keeps its data in its container: a volume, the only disk that it can write to. */
export const dataFolder = '/data';

/** Where the folder of an app lies in its container. */
export const appFolder = '/app';

/** The licences of a bundle's parts, which its build writes beside it. It goes where the bundle goes. */
export const noticesFile = 'NOTICES.txt';

/**
 * The context that the shared recipe builds: `Dockerfile`, `rootfs.tar`, and in `folders/` what its Dockerfile copies to the
 * root: an empty {@link dataFolder}, and either the bundle as main.mjs (or main.cjs, main.js) or the app's folder as
 * {@link appFolder}.
 * @param app its kind, and the absolute path of its bundle or folder.
 */
export function contextOfApp(
  dockerfile: string,
  rootfs: string,
  { kind, path }: { readonly kind: 'node' | 'files'; readonly path: string },
): BuildContext {
  const files = new Map([['rootfs.tar', rootfs]]);
  const folder = (name: string): TarEntry => ({ name: `folders${name}/`, type: 'directory', mode: 0o755 });
  if (kind === 'files') {
    const all = entriesOf(path, dockerIgnore('', ''), `folders${appFolder}/`);
    files.set('Dockerfile', dockerfile);
    return contextOfFiles(files, [folder(dataFolder), folder(appFolder), ...all]);
  }
  // the name of a bundle says whether it is a module, and the Dockerfile's command names it
  const main = `main${extname(path)}`;
  const text = readFileSync(dockerfile, 'utf8').replaceAll('/main.mjs', `/${main}`);
  files.set(`folders/${main}`, path);
  const notices = join(dirname(path), noticesFile);
  if (existsSync(notices)) files.set(`folders/${noticesFile}`, notices);
  return contextOfFiles(files, [folder(dataFolder), { name: 'Dockerfile', type: 'text', text, mode: 0o644 }]);
}

/**
 * The context that `docker build --file dockerfile folder` sends: all of the folder except what `<dockerfile>.dockerignore`
 * or else its `.dockerignore` names. Links stay links, modes stay, times are fixed. Leaves sockets out.
 * @throws Error in one line when something cannot be read, or a pattern is not valid.
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

/** The same patterns, except that they always keep the Dockerfile for the builder. */
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

/** All of a folder that is not ignored, folders before what they hold; each name begins with `under`. */
function entriesOf(root: string, ignore: DockerIgnore, under = ''): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  // by device and inode: the first name in the archive of a file with several names
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
  visit(Buffer.from(root), Buffer.from(under));
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

/** What the `.dockerignore` of a context says about relative paths, which have no "/" at the end. */
type DockerIgnore = {
  readonly ignores: (path: string) => boolean;
  /** The same for what a walk meets: Docker passes the patterns that have matched from folder to folder. */
  readonly meets: (path: string, folder?: Met) => Met;
  /** Whether an exception may name something below an ignored folder, so that the folder must be searched. */
  readonly mayKeepBelow: (folder: string) => boolean;
};

/** What a walk has met: whether it is ignored, and which patterns matched it or a folder above. */
type Met = { readonly ignored: boolean; readonly matched: readonly boolean[] };

type Rule = {
  readonly keeps: boolean;
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
};

/**
 * Reads a `.dockerignore` as Docker does, down to its oddities: github.com/moby/patternmatcher (patternmatcher.go and
 * ignorefile/ignorefile.go), and for exceptions below ignored folders github.com/moby/go-archive (TarWithOptions).
 * @param source the file, for messages.
 * @throws Error in one line for a pattern that Docker refuses; like Docker, for some patterns only when a path is tested.
 */
function dockerIgnore(text: string, source: string): DockerIgnore {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line) => ruleOf(line, source));
  return {
    ignores: (path) => {
      const folders = path.split('/').slice(0, -1);
      const parents = folders.map((_, index) => folders.slice(0, index + 1).join('/'));
      return rules.reduce(
        (ignored, { keeps, matches }) =>
          keeps === ignored && [path, ...parents].some(matches) ? !ignored : ignored,
        false,
      );
    },
    meets: (path, folder) => {
      let ignored = false;
      const matched = rules.map(({ keeps, matches }, index) => {
        // an exception is not tried on what is not ignored, and the folder counts as it was then
        const isMatch = folder?.matched[index] === true || (keeps === ignored && matches(path));
        if (isMatch) ignored = !keeps;
        return isMatch;
      });
      return { ignored, matched };
    },
    mayKeepBelow: (folder) =>
      rules.some(({ keeps, pattern }) => keeps && `${pattern}/`.startsWith(`${folder}/`)),
  };
}

function ruleOf(line: string, source: string): readonly Rule[] {
  // a "#" after blanks is no comment
  if (line.startsWith('#') || line.trim() === '') return [];
  const keeps = line.trim().startsWith('!');
  const given = line.trim().replace(/^!\s*/, '');
  const pattern = clean(given).replace(/^\/(?=.)/, '');
  if (keeps && (given === '' || pattern === '/')) throw refused(line, source);
  if (!isWellFormed(pattern)) throw refused(line, source);
  return [{ keeps, pattern, matches: matcherOf(pattern, (cause) => refused(line, source, cause)) }];
}

function refused(line: string, source: string, cause?: unknown): Error {
  return new Error(`${source}: "${line.trim()}" is no pattern that Docker takes; correct that line`, {
    cause,
  });
}

/** Go's filepath.Clean. */
function clean(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, '');
}

/**
 * Whether Docker takes a pattern: up to its first inner "*", where it stops looking, escapes and character classes must be
 * complete. Named classes ("[:alpha:]") mean something to it by accident, and are refused.
 */
function isWellFormed(pattern: string): boolean {
  if (pattern.includes('[:')) return false;
  const character = String.raw`(?:\\.|[^\]\\-])`;
  const parts = String.raw`\\.|[^\\[*]|\[\^?(?:${character}(?:-${character})?)+\]`;
  return new RegExp(String.raw`^\**(?!\*)(?:${parts})*(?:\*.*)?$`, 'su').test(pattern);
}

/** How Docker compiles a pattern: as plain text, as an ending, or as a regular expression. */
function matcherOf(pattern: string, refusal: (cause: unknown) => Error): (path: string) => boolean {
  const tokens = pattern.match(/\*\*\/?|\\?./gsu) ?? [];
  let isPlain = true;
  let classStart: number | undefined;
  const expression = tokens.map((token, index) => {
    const isLast = index === tokens.length - 1;
    if (token.startsWith('**')) {
      if (index > 0 && !isLast) isPlain = false;
      return isLast ? '.*' : '(.*/)?';
    }
    if (/^[*?[\]\\]/.test(token)) isPlain = false;
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token === '[') classStart ??= index;
    if (token === ']') {
      // the first "]" in a class is a member of it
      const soFar = classStart === undefined ? '[' : tokens.slice(classStart, index).join('');
      if (soFar === '[' || soFar === '[^') return '\\]';
      classStart = undefined;
      return ']';
    }
    if (token === '\\') return token;
    // letters and digits keep what they mean in an expression, as they do in Go; one that means nothing is refused
    if (/^\\[a-z\d\P{ASCII}]/iu.test(token)) return token;
    if (token.startsWith('\\')) {
      const character = token.slice(1);
      return /[\^$\\.*+?()[\]{}|/]/.test(character) || (classStart !== undefined && character === '-')
        ? token
        : character;
    }
    return /[.+()|{}$]/.test(token) && classStart === undefined ? `\\${token}` : token;
  });
  if (isPlain && pattern.startsWith('**')) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1));
  }
  if (isPlain && pattern.endsWith('**')) return (path) => path.startsWith(pattern.slice(0, -2));
  if (isPlain) return (path) => path === pattern;
  try {
    // Go's own syntax, and its time: with V8's expressions a few stars against a long name take hours
    const compiled = RE2JS.compile(`^${expression.join('')}$`);
    return (path) => compiled.matcher(path).find();
  } catch (cause) {
    return () => {
      throw refusal(cause);
    };
  }
}
