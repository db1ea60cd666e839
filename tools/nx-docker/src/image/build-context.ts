import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fixedTar, type TarEntry } from '../archive/fixed-tar.ts';

/** Files for a build: name in the context → file on this host. */
export type ContextFiles = ReadonlyMap<string, string>;

/**
 * Streams the files and empty folders as an archive, sorted by name, that is the same for the same contents.
 * @param folders names in the context, without a slash at the end.
 */
export function buildContext(files: ContextFiles, folders: readonly string[] = []): Readable {
  const entries = [
    ...[...files].map(([name, path]): TarEntry => {
      const executable = (statSync(path).mode & 0o111) !== 0;
      return { name, path, type: 'file', mode: executable ? 0o755 : 0o644 };
    }),
    ...folders.map((name): TarEntry => ({ name: `${name}/`, type: 'directory', mode: 0o755 })),
  ];
  return fixedTar(entries.sort((a, b) => (a.name < b.name ? -1 : 1)));
}
