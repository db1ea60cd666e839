import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleRun, exampleTrial } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { notRoot, tinyDisk } from '../fixtures/tiny-disk.ts';
import { parseRunFile } from './parse-run-file.ts';
import { writeRunFile } from './write-run-file.ts';

const nobody = 65534;

test('writes a run that reads back the same, and makes the folder', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'latest', 'run.json');
  await writeRunFile(path, exampleRun());
  expect(parseRunFile(await readFile(path, 'utf8'), path)).toEqual(exampleRun());
});

test('replaces an earlier run and leaves nothing beside it', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'run.json');
  await writeRunFile(path, exampleRun());
  await writeRunFile(path, { ...exampleRun(), seed: 8 });
  expect(parseRunFile(await readFile(path, 'utf8'), path).seed).toBe(8);
  expect(await readdir(temporary.folder)).toEqual(['run.json']);
});

test('refuses a run that is invalid and keeps the earlier one', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'run.json');
  await writeFile(path, 'earlier');
  await expect(writeRunFile(path, { ...exampleRun(), seed: NaN })).rejects.toThrow(
    new Error(`${path}: seed: expected a number, found NaN`),
  );
  expect(await readFile(path, 'utf8')).toBe('earlier');
});

test('says that a folder is in the place of the file', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'run.json');
  await mkdir(path);
  await expect(writeRunFile(path, exampleRun())).rejects.toThrow(
    `${path}: not written: a folder is in its place`,
  );
  expect(await readdir(temporary.folder)).toEqual(['run.json']);
});

test('says that a file is in the place of the folder', async () => {
  using temporary = temporaryFolder();
  await writeFile(join(temporary.folder, 'latest'), '');
  const path = join(temporary.folder, 'latest', 'run.json');
  await expect(writeRunFile(path, exampleRun())).rejects.toThrow(/^[^\n]*: not written: [^\n]*$/);
});

test('says that the disk is full, and leaves the earlier run and no half file', async (context) => {
  context.skip(notRoot !== undefined, notRoot);
  using disk = tinyDisk();
  const path = join(disk.folder, 'run.json');
  await writeRunFile(path, exampleRun());
  const trials = Array.from({ length: 100 }, (_, index) => exampleTrial('native', index + 1));
  await expect(writeRunFile(path, { ...exampleRun(), trials })).rejects.toThrow(
    new Error(`${path}: not written: no space left on the device`),
  );
  expect(parseRunFile(await readFile(path, 'utf8'), path)).toEqual(exampleRun());
  expect(await readdir(disk.folder)).toEqual(['run.json']);
});

test('says that it may not write there', async (context) => {
  context.skip(notRoot !== undefined, notRoot);
  using temporary = temporaryFolder();
  await chmod(temporary.folder, 0o755);
  const path = join(temporary.folder, 'run.json');
  process.seteuid?.(nobody);
  try {
    await expect(writeRunFile(path, exampleRun())).rejects.toThrow(
      new Error(`${path}: not written: permission denied`),
    );
  } finally {
    process.seteuid?.(0);
  }
  expect(await readdir(temporary.folder)).toEqual([]);
});
