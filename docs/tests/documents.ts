import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A fenced block of a document. */
export type Fence = {
  /** "README.md:31". */
  readonly place: string;
  /** What stands behind the opening backticks; empty for output. */
  readonly language: string;
  readonly text: string;
};

/** @returns the documents that a user reads, by path from the root. */
export function documents(): ReadonlyMap<string, string> {
  const paths = ['*.md', 'docs/*.md', '{apps,environments,libs,tools}/*/README.md'].flatMap((pattern) =>
    globSync(pattern, { cwd: root }),
  );
  return new Map(paths.toSorted().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** @returns all fenced blocks of a document. */
export function fencesOf(path: string, text: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: fence[1] ?? '', line: index + 1, lines: [] };
    else {
      fences.push({ place: `${path}:${open.line}`, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  return fences;
}

/** A command of a document. */
export type Command = { readonly place: string; readonly words: readonly string[] };

/** @returns the commands of `sh` blocks, and those that stand in `backticks` and begin with npx or npm. */
export function commandsOf(path: string, text: string): readonly Command[] {
  const fenced = fencesOf(path, text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ place, text: block }) => block.split('\n').map((line) => ({ place, line })));
  const inline = text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/`(np[xm] [^`<…]+)`/g)].map(([, code = '']) => ({
      place: `${path}:${index + 1}`,
      line: code,
    })),
  );
  return [...fenced, ...inline].flatMap(({ place, line }) =>
    line
      .replace(/(^|\s)#.*$/, '')
      .split('&&')
      .map((command) => ({ place, words: wordsOf(command) }))
      .filter(({ words }) => words.length > 0),
  );
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}
