import { runProgram } from '@tare/metrics';

/** Asks git something about the repository of a folder. */
export type Git = (args: readonly string[]) => Promise<string>;

const deadlineMs = 300_000;

/**
 * @returns git for a folder: takes arguments, returns what it wrote to stdout without blanks around. Where git cannot work at all
 *   the error says in one line why, and what to do.
 */
export function gitIn(cwd: string, signal: AbortSignal): Git {
  // in English: what git says is read below
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

/** Git cannot work in a folder, whatever it is asked. */
export class NoGit extends Error {}

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
