import { openFilesLimit } from '@tare/metrics';
import { requireWritable } from '@tare/results';
import type { ResolvedConfig } from '../config/bench-config.ts';

/** What the runner itself opens: pipes and logs of the instances, accounts of the kernel, the journal. */
const ownFiles = 192;

/**
 * Sees before any time is spent that a run will be able to write its files and open its connections.
 * @param folders that files will be written into; they need not be there.
 * @throws Error in one line: which limit or folder, what is wrong with it, what to do.
 */
export async function requireRoomFor(
  config: Pick<ResolvedConfig, 'environments' | 'load'>,
  folders: readonly string[],
): Promise<void> {
  requireOpenFiles(config, openFilesLimit());
  await requireWritable(folders);
}

/** @param limit how many files this process may have open. */
export function requireOpenFiles(
  { environments, load }: Pick<ResolvedConfig, 'environments' | 'load'>,
  limit: number,
): void {
  // the control is one more; the generator holds the connections of all that are up side by side
  const wanted = ownFiles + load.connections * (environments.length + 1);
  if (limit >= wanted) return;
  throw new Error(
    `this process may open ${limit} file descriptors, a run with ${load.connections} connections in ${environments.length} environments wants ${wanted}: ulimit -n ${Math.max(1024, wanted)}`,
  );
}
