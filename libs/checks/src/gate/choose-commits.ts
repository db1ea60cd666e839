import { plainText, runProgram } from '@tare/metrics';
import type { GateCommit } from '@tare/results';

type BaseWish = {
  /** The option `--base`; undefined when it is not given. */
  readonly ref: string | undefined;
  /** The variable NX_BASE, which Nx and its actions set. */
  readonly fromVariable: string | undefined;
  /** The branch that work is merged into. */
  readonly defaultBranch: string;
};

/**
 * Finds the commit to compare with: the named one, else that of NX_BASE, else the one where this branch left the default
 * branch (the local one, or else origin's), or, on the default branch itself, the previous one.
 * @throws Error in one line when the name matches no commit, git does not work here, or the commit is missing from a
 *   shallow clone.
 */
export async function chooseBase(git: Git, wish: BaseWish): Promise<GateCommit> {
  const { ref = wish.fromVariable, defaultBranch } = wish;
  if (ref !== undefined) {
    const name = wish.ref === undefined ? 'NX_BASE' : '--base';
    const commit = await commitOf(git, ref);
    if (commit !== undefined) return describe(git, ref, commit);
    throw new Error(
      `${name}=${ref}: there is no such commit here, expected a branch, a tag or a hash; ` +
        ((await isShallow(git)) ? `this is a shallow clone: ${unshallow}` : 'fetch it if it is elsewhere'),
    );
  }
  const head = await commitOf(git, 'HEAD');
  if (head === undefined) throw new Error('there is no commit to compare with: the repository has none yet');
  const left =
    (await mergeBase(git, defaultBranch)) ?? (await mergeBase(git, `refs/remotes/origin/${defaultBranch}`));
  const [shown, commit] =
    left !== undefined && left !== head
      ? [`where the branch left ${defaultBranch}`, left]
      : ['HEAD~1', await commitOf(git, 'HEAD~1')];
  // a shallow clone may not know where the branch left; the previous commit would then answer another question
  if ((commit === undefined || left === undefined) && (await isShallow(git))) {
    throw new Error(
      `this is a shallow clone, without the commit to compare with: ${unshallow}, or name one, --base=<git ref>`,
    );
  }
  if (commit === undefined) {
    throw new Error('there is no commit before this one: name the one to compare with, --base=<git ref>');
  }
  return describe(git, shown, commit);
}

/** @returns the checked-out commit, and whether the working tree has changes. */
export async function headCommit(git: Git): Promise<GateCommit> {
  const commit = await git(['rev-parse', 'HEAD']);
  const changes = await git(['status', '--porcelain', '--untracked-files=no']);
  return { ...(await describe(git, 'HEAD', commit)), modified: changes !== '' };
}

const unshallow = 'fetch the rest (git fetch --unshallow; with actions/checkout fetch-depth: 0)';

async function isShallow(git: Git): Promise<boolean> {
  return (await git(['rev-parse', '--is-shallow-repository'])) === 'true';
}

function commitOf(git: Git, ref: string): Promise<string | undefined> {
  return git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]).catch(nothing);
}

function mergeBase(git: Git, branch: string): Promise<string | undefined> {
  return git(['merge-base', '--end-of-options', branch, 'HEAD']).catch(nothing);
}

/** Takes a refusal of git for a no, but not a git that cannot work at all. */
function nothing(error: unknown): undefined {
  if (error instanceof NoGit) throw error;
  return undefined;
}

async function describe(git: Git, ref: string, commit: string): Promise<GateCommit> {
  const subject = plainText(await git(['show', '--no-patch', '--format=%s', commit]));
  return { ref, commit, subject, modified: false };
}

/** @returns 'origin/main (1a2b3c4 "Add a cache")'. */
export function commitText({ ref, commit, subject, modified }: GateCommit): string {
  const changed = modified ? ', with changes that are not committed' : '';
  return `${ref} (${commit.slice(0, 7)} "${subject}"${changed})`;
}

/** Runs git with arguments in the repository of a folder. */
export type Git = (args: readonly string[]) => Promise<string>;

const deadlineMs = 300_000;

/**
 * @returns git for a folder: it takes arguments and returns the trimmed stdout. Where git cannot work at all, its error says
 *   in one line why, and what to do.
 */
export function gitIn(cwd: string, signal: AbortSignal): Git {
  // English messages, because the code below reads them
  const options = { cwd, signal, deadlineMs, variables: { LC_ALL: 'C' } };
  return async (args) => {
    try {
      return (await runProgram('git', args, options)).trim();
    } catch (cause) {
      const why = whyNoGit(cause instanceof Error ? cause.message : String(cause), cwd);
      throw why === undefined ? cause : new NoGit(why, { cause });
    }
  };
}

/** Git cannot work in a folder at all. */
class NoGit extends Error {}

function whyNoGit(said: string, folder: string): string | undefined {
  if (said.includes('ENOENT')) return 'git is not on the PATH: install it (Debian: apt-get install git)';
  if (said.includes('dubious ownership')) {
    const trusted = /safe\.directory (\S+)/.exec(said)?.[1] ?? folder;
    return (
      `git refuses ${trusted}, as it belongs to another user; if you trust what is in it: ` +
      `git config --global --add safe.directory ${trusted}`
    );
  }
  if (said.includes('not a git repository')) {
    return `there is no commit to compare with: ${folder} is in no git repository`;
  }
  return undefined;
}
