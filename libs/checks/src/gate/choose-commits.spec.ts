import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { chooseBase, gitIn } from './choose-commits.ts';

let folder: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const choose = (where: string, ref?: string) =>
  chooseBase(gitIn(join(folder, where), AbortSignal.timeout(30_000)), {
    ref,
    fromVariable: undefined,
    defaultBranch: 'main',
  });

/** A repository "whole" with a branch of its own, and clones of it. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-git-test-'));
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
  vi.stubEnv('GIT_CONFIG_SYSTEM', '/dev/null');
  git('init', '--quiet', '--initial-branch=main', 'whole');
  for (const message of ['first', 'second'])
    git('-C', 'whole', 'commit', '--quiet', '--allow-empty', `--message=${message}`);
  git('-C', 'whole', 'checkout', '--quiet', '-b', 'work');
  git('-C', 'whole', 'commit', '--quiet', '--allow-empty', '--message=third');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('takes the default branch of origin where there is none here', async () => {
  git('clone', '--quiet', '--branch=work', `file://${folder}/whole`, 'clone');
  expect(await choose('clone')).toMatchObject({ ref: 'where the branch left main', subject: 'second' });
});

it('says of a shallow clone that it is one, and how to mend it', async () => {
  git('clone', '--quiet', '--depth=1', '--branch=work', `file://${folder}/whole`, 'branch');
  git('clone', '--quiet', '--depth=1', '--branch=main', `file://${folder}/whole`, 'main');
  for (const clone of ['branch', 'main'])
    await expect(choose(clone)).rejects.toThrow(
      /^this is a shallow clone, .*git fetch --unshallow.*fetch-depth: 0/,
    );
  await expect(choose('branch', 'main')).rejects.toThrow(
    /^--base=main: there is no such commit here, .*this is a shallow clone: .*git fetch --unshallow/,
  );
});

it('says of a repository of another user what git wants, and how to give it', async () => {
  vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1');
  const whole = join(folder, 'whole');
  for (const ref of [undefined, 'main'])
    await expect(choose('whole', ref)).rejects.toThrow(
      `git refuses ${whole}, as it belongs to another user; if you trust what is in it: ` +
        `git config --global --add safe.directory ${whole}`,
    );
});

it('says that a folder is in no repository, that a repository has no commit, and that there is no git', async () => {
  git('init', '--quiet', 'empty');
  await expect(choose('empty')).rejects.toThrow('the repository has none yet');
  await rm(join(folder, 'whole', '.git'), { recursive: true });
  await expect(choose('whole')).rejects.toThrow(`${folder}/whole is in no git repository`);
  await expect(choose('whole', 'main')).rejects.toThrow(`${folder}/whole is in no git repository`);
  vi.stubEnv('PATH', folder);
  await expect(choose('whole')).rejects.toThrow(/^git is not on the PATH: install it/);
});
