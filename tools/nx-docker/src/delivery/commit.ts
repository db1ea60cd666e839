import { awaitProgram, childEnvironment, lastLines, plainText, type ProgramResult } from '@tare/metrics';
import { credentialVariables } from './credentials.ts';

/** The commit that an image is built of. */
export type Commit = {
  /** 40 hex digits. */
  readonly sha: string;
  /** The committer's date, ISO 8601 in UTC: the same in every clone. */
  readonly date: string;
  /** The branch that is checked out; undefined on a detached HEAD. */
  readonly branch: string | undefined;
  /** The tags that point at it. */
  readonly tags: readonly string[];
  /** Paths of files that differ from it, new ones included. */
  readonly changed: readonly string[];
  /** Address of the repository, without credentials; undefined where `origin` is not set. */
  readonly source: string | undefined;
};

/**
 * Reads the commit that is checked out in a folder.
 * @throws Error in one line where there is no git, no repository or no commit.
 */
export async function readCommit(folder: string, signal: AbortSignal): Promise<Commit> {
  // git has no use for passwords, and starts programs of its own
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !credentialVariables.includes(name)),
  );
  const ask = (...words: readonly string[]): Promise<ProgramResult> =>
    awaitProgram('git', ['--no-optional-locks', ...words], {
      cwd: folder,
      inherited: childEnvironment({}, inherited),
      signal,
      deadlineMs: 60_000,
    });
  const logged = await ask('log', '-1', '--format=%H %ct').catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Error('git cannot be run, and an image is named by its commit: install git', { cause });
  });
  if (logged.code !== 0) {
    const why = lastLines(logged.said, 1);
    throw new Error(`an image is named by its commit, and git says: ${why}. Run it in a clone with a commit`);
  }
  const [sha = '', seconds] = logged.stdout.trim().split(' ');
  const [branch, tags, status, origin] = await Promise.all([
    ask('symbolic-ref', '--quiet', '--short', 'HEAD'),
    ask('tag', '--points-at', 'HEAD'),
    ask('status', '--porcelain', '-z', '--no-renames'),
    ask('config', '--get', 'remote.origin.url'),
  ]);
  if (status.code !== 0)
    throw new Error(`whether all is committed cannot be told: git says: ${lastLines(status.said, 1)}`);
  return {
    sha,
    date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z'),
    branch: branch.code === 0 ? branch.stdout.trim() : undefined,
    tags: tags.stdout.split('\n').filter(Boolean),
    changed: status.stdout
      .split('\0')
      .filter((entry) => entry.trim() !== '')
      .map((entry) => plainText(entry.slice(3))),
    source: origin.code === 0 ? publicAddress(origin.stdout.trim()) : undefined,
  };
}

/**
 * The address of a repository as others may read it: "git@github.com:acme/shop.git" and "https://TOKEN@github.com/acme/shop.git" are
 * https://github.com/acme/shop.
 * @returns undefined for a path of this machine.
 */
export function publicAddress(remote: string): string | undefined {
  const [, host, path] = /^(?:[\w.-]+@)?([\w.-]{2,}):(?!\/\/)(.+)$/.exec(remote) ?? [];
  const address = host === undefined ? remote : `https://${host}/${path ?? ''}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (!['http:', 'https:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
  const isWeb = url.protocol.startsWith('http');
  return `${isWeb ? url.protocol : 'https:'}//${isWeb ? url.host : url.hostname}${url.pathname.replace(/\/$/, '').replace(/\.git$/, '')}`;
}
