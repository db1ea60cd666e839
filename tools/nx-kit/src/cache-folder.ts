import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where this user's programs keep what can be made again (XDG Base Directory Specification), less the names below. */
export function cacheFolder(...names: readonly string[]): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tare', ...names);
}

const underWay = new Map<string, Promise<void>>();

const keptMs = 30 * 86_400_000;

/**
 * Makes a folder once: `make` fills one beside it, which gets its name when all is there. Calls at the same time share the work;
 * another process that is done first wins. Removes what beside it nobody has used for 30 days.
 */
export async function madeOnce(folder: string, make: (aside: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) {
    await utimes(folder, new Date(), new Date());
    return;
  }
  const making = underWay.get(folder) ?? fill(folder, make).finally(() => underWay.delete(folder));
  underWay.set(folder, making);
  await making;
}

async function fill(folder: string, make: (aside: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (Date.now() - (await stat(path)).mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
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
