import type { CommitFacts } from '@tare/results';
import { gitIn } from '@tare/checks';

const deadlineMs = 10_000;

/** @returns the commit that is checked out in a folder and whether files differ from it; null where git does not tell. */
export async function commitFacts(folder: string): Promise<CommitFacts> {
  const git = gitIn(folder, AbortSignal.timeout(deadlineMs));
  try {
    const commit = await git(['rev-parse', 'HEAD']);
    // what a run writes must not make the next one dirty
    const tracked = ['status', '--porcelain', '--untracked-files=no'];
    const changed = await git([...tracked, '--', '.', ':!reports', ':!README.md']);
    return { commit, dirty: changed !== '' };
  } catch {
    return { commit: null, dirty: false };
  }
}
