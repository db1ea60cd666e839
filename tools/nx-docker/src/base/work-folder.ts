import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunnerGone, runnerPattern, thisRunner } from '@tare/environment';

const prefix = 'tare-base-';
const ownerIn = new RegExp(`^${prefix}(${runnerPattern.source})-`);

/**
 * Runs `work` with a temporary folder that is removed afterwards, whatever happens. Removes also those of processes that
 * were killed and could not.
 */
export async function withWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const names = await readdir(tmpdir());
  for (const name of names) {
    if (isRunnerGone(ownerIn.exec(name)?.[1]))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${thisRunner()}-`));
  try {
    // apt and mmdebstrap drop their rights and must still see their files
    await chmod(folder, 0o755);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
