import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '@tare/metrics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publicAddress, readCommit } from './commit.ts';

const signal = AbortSignal.timeout(60_000);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const git = (...words: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words], {
    cwd: folder,
    env: { ...childEnvironment(), GIT_COMMITTER_DATE: '2026-01-02T03:04:05+02:00' },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();

const commitAll = (): void => {
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(folder, 'a.txt'), 'a');
  git('add', '.');
  git('commit', '--quiet', '--message=a');
};

test('a commit is known by its hash, its date in UTC, branch, tags and origin', async () => {
  commitAll();
  git('tag', 'v1.0.0');
  git('remote', 'add', 'origin', 'https://robot:t0ken@example.com/acme/shop.git');
  expect(await readCommit(folder, signal)).toEqual({
    sha: git('rev-parse', 'HEAD').trim(),
    date: '2026-01-02T01:04:05Z',
    branch: 'main',
    tags: ['v1.0.0'],
    changed: [],
    source: 'https://example.com/acme/shop',
  });
});

test('what is changed or new is told, and a detached HEAD is no branch', async () => {
  commitAll();
  git('checkout', '--quiet', '--detach');
  writeFileSync(join(folder, 'a.txt'), 'b');
  writeFileSync(join(folder, 'with space'), '');
  const { changed, branch } = await readCommit(folder, signal);
  expect(changed).toEqual(['a.txt', 'with space']);
  expect(branch).toBeUndefined();
});

test('without a repository, and without a commit, a line says what git says', async () => {
  await expect(readCommit(folder, signal)).rejects.toThrow(
    /^an image is named by its commit, and git says: .*not a git repository/,
  );
  git('init', '--quiet');
  await expect(readCommit(folder, signal)).rejects.toThrow(/git says: .*does not have any commits/);
});

test.each([
  ['git@github.com:acme/shop.git', 'https://github.com/acme/shop'],
  ['ssh://git@example.com:2222/acme/shop.git', 'https://example.com/acme/shop'],
  ['https://user:secret@git.example:8443/shop/', 'https://git.example:8443/shop'],
  ['/srv/git/shop.git', undefined],
  ['file:///srv/git/shop.git', undefined],
])('%s is %s for others', (remote, address) => {
  expect(publicAddress(remote)).toBe(address);
});
