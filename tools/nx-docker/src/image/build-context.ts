import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fixedTar } from '../archive/fixed-tar.ts';

/** Files for a build: name in the context → file on this host. */
export type ContextFiles = ReadonlyMap<string, string>;

/** Streams the files as an archive, sorted by name, that is the same for the same contents. */
export function buildContext(files: ContextFiles): Readable {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return fixedTar(
    sorted.map(([name, path]) => {
      const executable = (statSync(path).mode & 0o111) !== 0;
      return { name, path, type: 'file', mode: executable ? 0o755 : 0o644 };
    }),
  );
}
