import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where this user's programs keep what can be made again (XDG Base Directory Specification), less the names below. */
export function cacheFolder(...names: readonly string[]): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tare', ...names);
}

const underWay = new Map<string, Promise<void>>();

/**
 * Makes a folder once: `make` fills one beside it, which gets its name when all is there. Calls at the same time share the work;
 * another process that is done first wins.
 */
export async function madeOnce(folder: string, make: (aside: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const making = underWay.get(folder) ?? fill(folder, make).finally(() => underWay.delete(folder));
  underWay.set(folder, making);
  await making;
}

async function fill(folder: string, make: (aside: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const aside = await mkdtemp(`${folder}.partial-`);
  try {
    await make(aside);
    await rename(aside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
