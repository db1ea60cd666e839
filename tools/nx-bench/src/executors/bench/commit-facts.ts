import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CommitFacts } from '@tare/results';

const run = promisify(execFile);
const deadlineMs = 10_000;

/** @returns the commit that is checked out in a folder and whether files differ from it; null where git does not tell. */
export async function commitFacts(folder: string): Promise<CommitFacts> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', folder, ...args], { timeout: deadlineMs })).stdout.trim();
  try {
    const commit = await git('rev-parse', 'HEAD');
    // what a run writes must not make the next one dirty
    const changed = await git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      '.',
      ':!reports',
      ':!README.md',
    );
    return { commit, dirty: changed !== '' };
  } catch {
    return { commit: null, dirty: false };
  }
}
