import { readFileSync } from 'node:fs';
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
  requireOpenFiles(config, softLimitOf(readLimits()));
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

/** The soft limit in the text of /proc/self/limits; Infinity where there is none. */
export function softLimitOf(limits: string): number {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return limit === undefined || limit === 'unlimited' ? Infinity : Number(limit);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
