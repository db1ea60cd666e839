import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What pictures have left, for tests: processes that know of a folder for pictures in a temporary folder, by their command
 * lines, and such folders. On Linux.
 */
export async function pictureLeftovers(temporary: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  const folders = (await readdir(temporary)).filter((name) => name.startsWith('tare-pictures-'));
  return [...folders, ...commands.filter((command) => command.includes(join(temporary, 'tare-pictures-')))];
}
