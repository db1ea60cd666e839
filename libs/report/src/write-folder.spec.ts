import { chmod, lstat, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFiles } from './write-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-replace-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('when one file cannot be written none is replaced and nothing is left aside', async () => {
  await writeFile(join(folder, 'a'), 'old');
  const files = [
    { path: join(folder, 'a'), text: 'new' },
    { path: join(folder, 'none', 'b'), text: 'new' },
  ];
  await expect(replaceFiles(files)).rejects.toThrow(/ENOENT/);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a']);
});

test('a link stays a link and a file keeps its permissions', async () => {
  await writeFile(join(folder, 'a'), 'old');
  await chmod(join(folder, 'a'), 0o600);
  await symlink('a', join(folder, 'link'));
  await replaceFiles([{ path: join(folder, 'link'), text: 'new' }]);
  expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('new');
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o600);
});
