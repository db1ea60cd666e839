import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import type { ContextFiles } from './build-context.ts';

/** What no image should hold, whatever the `.dockerignore` says. */
const never = ['node_modules', '**/node_modules', '.git', '.nx'];

/** The files of a folder that make a build's context: all but those that its `.dockerignore` names. */
export function projectFiles(folder: string): ContextFiles {
  const ignoreFile = join(folder, '.dockerignore');
  const patterns = existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8').split('\n') : [];
  const ignored = dockerIgnore([...patterns, ...never]);
  const found = globSync('**/*', {
    cwd: folder,
    withFileTypes: true,
    exclude: (entry) => entry.name === 'node_modules',
  });
  return new Map(
    found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length).replace(/^\//, ''), path] as const)
      .filter(([name]) => !ignored(name)),
  );
}

/**
 * Reads the patterns of a `.dockerignore`: comments, exceptions with "!", the last match decides, and a folder that
 * matches takes all below it with it (docs.docker.com/build/concepts/context, "Syntax").
 */
export function dockerIgnore(lines: readonly string[]): (name: string) => boolean {
  const rules = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      keeps: line.startsWith('!'),
      pattern: line.replace(/^!/, '').replace(/^\/|\/$/g, ''),
    }));
  const matches = (name: string, pattern: string): boolean =>
    name !== '.' && (matchesGlob(name, pattern) || matches(dirname(name), pattern));
  return (name) => rules.findLast(({ pattern }) => matches(name, pattern))?.keeps === false;
}
