import { expect, test } from 'vitest';
import type { Commit } from './commit.ts';
import { imageName, isVersion, tagsFor } from './image-name.ts';

const parts = { registry: 'ghcr.io', namespace: undefined, image: undefined, project: '@Shop/Web App' };
const sha = '0123456789abcdef0123456789abcdef01234567';
const commit: Commit = {
  sha,
  date: '2026-01-02T03:04:05Z',
  branch: 'main',
  tags: [],
  changed: [],
  source: undefined,
};
const shaTags = ['0123456789ab', sha];

test('names are in small letters, and a registry may have a port', () => {
  expect(imageName({ ...parts, registry: 'LocalHost:5000', namespace: 'Acme' })).toEqual({
    host: 'localhost:5000',
    plain: undefined,
    repository: 'acme/shop/web-app',
  });
});

test('a namespace that the name begins with stands there once', () => {
  expect(imageName({ ...parts, namespace: 'shop' }).repository).toBe('shop/web-app');
});

test('a scheme says whether there is TLS', () => {
  expect(imageName({ ...parts, registry: 'http://127.0.0.1:5000/' })).toMatchObject({
    host: '127.0.0.1:5000',
    plain: true,
  });
  expect(imageName({ ...parts, registry: 'https://ghcr.io' }).plain).toBe(false);
});

test.each([
  [{ registry: undefined }, /^no registry is given: .*--registry=ghcr.io/],
  [
    { registry: 'ghcr.io/acme' },
    /^option registry is "ghcr.io\/acme"; expected .*"acme" belongs into --namespace/,
  ],
  [{ namespace: 'a b' }, /^option namespace is "a b"; expected a path/],
  [
    { image: 'localhost:5000/api' },
    /^option image is "localhost:5000\/api"; .*its port belong into --registry/,
  ],
  [{ image: 'api:1.0' }, /^option image is "api:1.0"; .*tags into --tags/],
])('%j is refused in a line', (given, line) => {
  expect(() => imageName({ ...parts, ...given })).toThrow(line);
});

test('the default branch has its hash, its name and latest', () => {
  expect(tagsFor('auto', commit, 'main')).toEqual({ tags: [...shaTags, 'main', 'latest'], notes: [] });
});

test('another branch has no latest, unless it is asked for', () => {
  const other = { ...commit, branch: 'feature/Maps #2' };
  expect(tagsFor('auto', other, 'main').tags).toEqual([...shaTags, 'feature-Maps-2']);
  expect(tagsFor('latest', other, 'main').tags).toEqual(['latest']);
});

test('a version comes from a v* tag, and is the latest unless it is a pre-release', () => {
  const detached = { ...commit, branch: undefined, tags: ['v1.2.3', 'vNext', 'nightly'] };
  expect(tagsFor('auto', detached, 'main')).toEqual({ tags: [...shaTags, '1.2.3', 'latest'], notes: [] });
  expect(tagsFor('auto', { ...detached, tags: ['v2.0.0-rc.1+7'] }, 'main').tags).toEqual([
    ...shaTags,
    '2.0.0-rc.1_7',
  ]);
});

test('a detached HEAD has its hash, and a line says what it lacks', () => {
  const { tags, notes } = tagsFor('auto', { ...commit, branch: undefined }, 'main');
  expect(tags).toEqual(shaTags);
  expect(notes).toEqual([expect.stringContaining('detached HEAD')]);
});

test('what is not committed is marked as dirty, is no version, and latest only if that is asked for', () => {
  const dirty = { ...commit, changed: ['a.ts', 'b.ts'] };
  const dirtyTags = shaTags.map((tag) => `${tag}-dirty`);
  expect(tagsFor('sha', dirty, 'main').tags).toEqual(dirtyTags);
  expect(tagsFor('auto', dirty, 'main')).toEqual({
    tags: [...dirtyTags, 'main'],
    notes: ['2 files not committed (a.ts): marked as dirty, and not latest'],
  });
  expect(tagsFor('sha,latest', dirty, 'main').tags).toEqual([...dirtyTags, 'latest']);
  expect(() => tagsFor('auto', { ...dirty, tags: ['v1.2.3'] }, 'main')).toThrow(
    '1.2.3 would stand for what is in no commit (a.ts and 1 more changed)',
  );
  expect(() => tagsFor('v7.0.0', dirty, 'main')).toThrow('v7.0.0 would stand for');
});

test('tags of one’s own go beside what follows from the commit, each once', () => {
  expect(tagsFor('sha, edge,edge', commit, 'main').tags).toEqual([...shaTags, 'edge']);
});

test.each(['a b', '', '-x', `x${'y'.repeat(128)}`])('the tag "%s" is refused', (tag) => {
  expect(() => tagsFor(tag, commit, 'main')).toThrow(`option tags has "${tag}"; expected auto, sha`);
});

test('an image without any tag is not pushed', () => {
  expect(() => tagsFor('semver', commit, 'main')).toThrow('would get no tag: no v* tag points at the commit');
});

test.each([
  ['1.2.3', true],
  ['v1.2.3-rc.1', true],
  ['1.2.3_7', true],
  ['1.2', false],
  ['latest', false],
  ['012345678901', false],
])('%s is a version: %s', (tag, is) => {
  expect(isVersion(tag)).toBe(is);
});
