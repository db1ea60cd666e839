import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files in which a kernel tells about itself. */
export interface HostFiles {
  /** @returns the text of a file without white space at its ends, or undefined when it cannot be read. */
  text(path: string): string | undefined;
  /** @returns the names in a folder, or none when it cannot be read. */
  names(folder: string): readonly string[];
}

/** @param root folder that stands for `/`. */
export function hostFiles(root = '/'): HostFiles {
  return {
    text: (path) => {
      try {
        return readFileSync(join(root, path), 'utf8').trim();
      } catch {
        return undefined;
      }
    },
    names: (folder) => {
      try {
        return readdirSync(join(root, folder));
      } catch {
        return [];
      }
    },
  };
}
