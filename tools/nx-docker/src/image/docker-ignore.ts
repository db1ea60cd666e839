import { posix } from 'node:path';

/** What the `.dockerignore` of a context says of its paths; paths are relative, with "/" and without one at the end. */
export type DockerIgnore = {
  readonly ignores: (path: string) => boolean;
  /** The same for what a walk meets: Docker hands on from folder to folder which patterns have matched. */
  readonly meets: (path: string, folder?: Met) => Met;
  /** Whether an exception may name something below an ignored folder, so that it has to be searched. */
  readonly mayKeepBelow: (folder: string) => boolean;
};

/** What a walk has met: whether it is ignored, and by pattern whether it has matched it or a folder above. */
export type Met = { readonly ignored: boolean; readonly matched: readonly boolean[] };

type Rule = {
  readonly keeps: boolean;
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
};

/**
 * Reads a `.dockerignore` as Docker does, down to its oddities: github.com/moby/patternmatcher (patternmatcher.go and
 * ignorefile/ignorefile.go), and for exceptions below ignored folders github.com/moby/go-archive (TarWithOptions).
 * @param source the file, for messages.
 * @throws Error in one line for a pattern that Docker refuses; for some, as with Docker, only when a path is held against it.
 */
export function dockerIgnore(text: string, source: string): DockerIgnore {
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
      // the first one in a class is a member of it
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
    const compiled = new RegExp(`^${expression.join('')}$`, 'u');
    return (path) => compiled.test(path);
  } catch (cause) {
    return () => {
      throw refusal(cause);
    };
  }
}
