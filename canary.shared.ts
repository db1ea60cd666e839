import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret that is nowhere else: where it must not come, it is looked for. */
export const canary = `canary-${process.pid}-${randomBytes(6).toString('hex')}`;

/** Reads the command lines of all processes on this host over and over, until it is stopped. */
export function watchCommandLines(...secrets: readonly string[]): {
  /** @returns how often it has looked, and the command lines that had a secret in them. */
  end(): { readonly looks: number; readonly seen: readonly string[] };
} {
  const seen = new Set<string>();
  let looks = 0;
  const look = setInterval(() => {
    looks += 1;
    for (const line of commandLines())
      if (secrets.some((secret) => line.includes(secret))) seen.add(line.replaceAll('\0', ' '));
  }, 20);
  return {
    end: () => {
      clearInterval(look);
      return { looks, seen: [...seen] };
    },
  };
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => textOf(`/proc/${pid}/cmdline`));
}

/** @returns the files below a folder that have a secret in them. */
export function filesWith(secret: string, folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => textOf(path).includes(secret));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
