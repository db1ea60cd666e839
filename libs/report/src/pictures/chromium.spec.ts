import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-find-chromium-'));
  program = join(folder, 'chromium');
  await writeFile(program, '');
  await chmod(program, 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

test('PUPPETEER_EXECUTABLE_PATH comes first', async () => {
  const environment = { PUPPETEER_EXECUTABLE_PATH: program, PATH: '/usr/bin' };
  expect(await findChromium({ environment })).toMatchObject({ path: program });
});

test('PUPPETEER_EXECUTABLE_PATH that is no program is said, not passed over', async () => {
  const environment = { PUPPETEER_EXECUTABLE_PATH: '/nowhere/chrome', PATH: folder };
  expect(await findChromium({ environment })).toEqual({
    missing:
      'No PNG pictures: PUPPETEER_EXECUTABLE_PATH is "/nowhere/chrome", which is no program. Set it to a Chrome or Chromium, or unset it.',
  });
});

test('else the one on PATH, else one in a usual place; a folder is no program', async () => {
  expect(await findChromium({ environment: { PATH: `/nowhere:${folder}` } })).toMatchObject({
    path: program,
  });
  const usualPlaces = [folder, program];
  expect(await findChromium({ environment: { PATH: '' }, usualPlaces })).toMatchObject({ path: program });
});

test('a cache folder that cannot be made leaves one line', async () => {
  const environment = { PATH: '', XDG_CACHE_HOME: program };
  const found = await findChromium({ environment, usualPlaces: [] });
  expect('missing' in found ? found.missing : '').toMatch(
    /^No PNG pictures: no Chrome or Chromium is installed, and .*\. Install one, or set PUPPETEER_EXECUTABLE_PATH to its program\.$/,
  );
});
