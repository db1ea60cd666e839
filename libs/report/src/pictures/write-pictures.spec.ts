import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { pngSize } from '../../fixtures/png-size.ts';
import { reportModel } from '../model/report-model.ts';
import { writePictures } from './write-pictures.ts';

const signal = new AbortController().signal;
const none = () => Promise.resolve({ missing: 'No PNG pictures: none here.' });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-write-pictures-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a run gives a card and twelve charts; ours of an earlier run go, those of others stay', async () => {
  const first = await writePictures(folder, reportModel(exampleRun()), { signal });
  expect(first.note).toBeUndefined();
  expect(first.written).toHaveLength(14);
  expect(pngSize(await readFile(join(folder, 'card.png')))).toEqual([1200, 630]);
  expect(pngSize(await readFile(join(folder, 'charts/primes-cpu.png')))[0]).toBe(1520);
  await writeFile(join(folder, 'charts/mine.png'), 'mine');

  const run = exampleRun(1);
  const second = await writePictures(folder, reportModel({ ...run, summary: { primes: run.summary.primes ?? {} } }), { signal });
  expect(second.written).toHaveLength(8);
  expect(await readdir(folder)).toEqual(['card.png', 'card.svg', 'charts']);
  const names = await readdir(join(folder, 'charts'));
  expect(names).toHaveLength(7);
  expect(names.filter((name) => name.startsWith('grocery'))).toEqual([]);
  expect(names).toContain('mine.png');

  const third = await writePictures(folder, reportModel(exampleRun()), { signal, find: none });
  expect(third).toEqual({ written: [join(folder, 'card.svg')], note: 'No PNG pictures: none here.' });
  expect(await readdir(folder)).toEqual(['card.svg', 'charts']);
  expect(await readdir(join(folder, 'charts'))).toEqual(['mine.png']);
}, 120_000); // prettier-ignore

test('a broken Chromium leaves the card as SVG and one line', async () => {
  const broken = () => Promise.resolve({ path: '/bin/false', args: [], environment: {} });
  const { written, note } = await writePictures(folder, reportModel(exampleRun(1)), { signal, find: broken });
  expect(written).toEqual([join(folder, 'card.svg')]);
  expect(note).toMatch(
    /^No PNG pictures: Chromium \(\/bin\/false\) made no pictures: .+ Set PUPPETEER_EXECUTABLE_PATH to another/,
  );
  expect(note).not.toContain('\n');
}, 60_000);

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
