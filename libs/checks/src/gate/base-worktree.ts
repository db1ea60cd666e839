import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isRunnerGone, runnerPattern, thisRunner } from '@tare/environment';
import type { Git } from './git.ts';

/** A commit checked out in a folder of its own. */
export type Worktree = {
  /** The workspace in it: the worktree, or the folder in it that the workspace is of its repository. */
  readonly root: string;
  /** Removes it and what git remembers of it. */
  remove(): Promise<void>;
};

const folderPattern = new RegExp(`^tare-gate-(${runnerPattern.source})-\\w+$`);

/**
 * Checks a commit out in a private folder. Removes what killed gates left first.
 * @param workspace the root of this workspace.
 * @param git takes no signal for the removal: that must happen after an interruption too.
 */
export async function addWorktree(
  workspace: string,
  commit: string,
  git: { readonly run: Git; readonly afterwards: Git },
): Promise<Worktree> {
  await removeLeftovers(git.run);
  const prefix = await git.run(['rev-parse', '--show-prefix']);
  const parent = await parentOnSameDisk(workspace);
  const folder = await mkdtemp(join(parent, `tare-gate-${thisRunner()}-`));
  const path = join(folder, 'base');
  const remove = async (): Promise<void> => {
    await removeWorktree(git.afterwards, path);
  };
  try {
    // no hooks: they belong to the work in the repository, and may be anything
    await git.run(['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--quiet', '--detach', path, commit]);
    return { root: join(path, prefix), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Hard links do not reach another disk. */
async function parentOnSameDisk(workspace: string): Promise<string> {
  const [ofWorkspace, ofTemporary] = await Promise.all([stat(workspace), stat(tmpdir())]);
  if (ofWorkspace.dev === ofTemporary.dev) return tmpdir();
  const own = join(workspace, '.nx', 'gate');
  await mkdir(own, { recursive: true });
  return own;
}

async function removeLeftovers(git: Git): Promise<void> {
  const list = await git(['worktree', 'list', '--porcelain']);
  const paths = list.split('\n').flatMap((line) => /^worktree (.*)$/.exec(line)?.[1] ?? []);
  for (const path of paths) {
    const owner = folderPattern.exec(basename(dirname(path)))?.[1];
    if (isRunnerGone(owner)) await removeWorktree(git, path);
  }
}

async function removeWorktree(git: Git, path: string): Promise<void> {
  // what a killed build left half-written makes git refuse: then the folder goes first, and git forgets it
  if (existsSync(path)) await git(['worktree', 'remove', '--force', '--force', path]).catch(() => undefined);
  await rm(dirname(path), { recursive: true, force: true, maxRetries: 3 });
  await git(['worktree', 'prune']);
}
