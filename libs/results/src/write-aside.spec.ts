import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, lstat, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { notRoot, tinyDisk } from '../fixtures/tiny-disk.ts';
import { replaceFiles, requireWritable, writeAside } from './write-aside.ts';

describe('replaceFiles', () => {
  test('when one file cannot be written none is replaced and nothing is left aside', async () => {
    using temporary = temporaryFolder();
    const { folder } = temporary;
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
    using temporary = temporaryFolder();
    const { folder } = temporary;
    await writeFile(join(folder, 'a'), 'old');
    await chmod(join(folder, 'a'), 0o600);
    await symlink('a', join(folder, 'link'));
    await replaceFiles([{ path: join(folder, 'link'), text: 'new' }]);
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('new');
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o600);
  });
});

describe('requireWritable', () => {
  test('a folder that is not there yet may be written where it can be made; nothing is made', async () => {
    using temporary = temporaryFolder();
    await requireWritable([temporary.folder, join(temporary.folder, 'reports', 'latest')]);
    expect(readdirSync(temporary.folder)).toEqual([]);
  });

  test.each([
    ['file', 'part of its path is not a folder'],
    ['link', 'no such file or folder'],
  ])('a %s in the way is named with what to do', async (name, reason) => {
    using temporary = temporaryFolder();
    await writeFile(join(temporary.folder, 'file'), '');
    await symlink('nowhere', join(temporary.folder, 'link'));
    const folder = join(temporary.folder, name, 'runs');
    await expect(requireWritable([folder])).rejects.toThrow(
      new Error(
        `${folder}: cannot be written: ${reason}; make room for it or choose another folder: --outputPath`,
      ),
    );
  });

  test('a full and a read-only disk are told before anything is measured', async (context) => {
    context.skip(notRoot !== undefined, notRoot);
    using disk = tinyDisk();
    const folder = join(disk.folder, 'latest');
    await expect(requireWritable([folder])).rejects.toThrow(
      `${folder}: cannot be written: 0.1 MiB are free on its disk, a run wants 16; make room`,
    );
    await writeFile(join(disk.folder, 'all'), Buffer.alloc(100_000)).catch(() => undefined);
    await expect(requireWritable([folder])).rejects.toThrow('cannot be written: no space left on the device');
    execFileSync('mount', ['-o', 'remount,ro', disk.folder], { timeout: 10_000 });
    await expect(requireWritable([folder])).rejects.toThrow(
      'cannot be written: the file system is read-only',
    );
    await expect(writeAside(join(folder, 'charts', 'a.svg'), '')).rejects.toThrow(
      'not written: the file system is read-only',
    );
  });
});
