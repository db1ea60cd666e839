import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { writePictures } from './write-pictures.ts';

const signal = new AbortController().signal;
const none = () => Promise.resolve({ missing: 'No PNG pictures: none here.' });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-write-pictures-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a folder that cannot be written is a note', async () => {
  await writeFile(join(folder, 'charts'), 'a file');
  const { written, note } = await writePictures(folder, reportModel(exampleRun(1)), { signal, find: none });
  expect(written).toEqual([]);
  expect(note).toMatch(/^No pictures in .*: .*EEXIST.* Expected a folder that you may write\.$/);
});

test('an abort is thrown, and nothing is written', async () => {
  await mkdir(join(folder, 'charts'));
  const aborter = new AbortController();
  const find = () => {
    aborter.abort(new Error('enough'));
    return none();
  };
  await expect(writePictures(folder, reportModel(exampleRun(1)), { signal: aborter.signal, find })).rejects.toThrow('enough');
  expect(await readdir(folder)).toEqual(['charts']);
}); // prettier-ignore
