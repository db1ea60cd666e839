import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeOnce } from './cache-folder.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'tare-test-'));
});
afterEach(() => {
  rmSync(cache, { recursive: true });
});
let made = 0;
const fill = (folder: string): Promise<void> => {
  made += 1;
  writeFileSync(join(folder, 'a'), '');
  return Promise.resolve();
};

test('what several ask for at once is made once', async () => {
  made = 0;
  const folder = join(cache, 'x', 'y');
  await Promise.all([madeOnce(folder, fill), madeOnce(folder, fill)]);
  await madeOnce(folder, fill);
  expect(made).toBe(1);
  expect(readdirSync(join(cache, 'x'))).toEqual(['y']);
});

test('work that failed leaves nothing and may be tried again', async () => {
  const folder = join(cache, 'y');
  await expect(madeOnce(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readdirSync(cache)).toEqual([]);
  await madeOnce(folder, fill);
  expect(readdirSync(folder)).toEqual(['a']);
});

test('what nobody has used for 30 days goes when something new is made, not what is used', async () => {
  const long = new Date(Date.now() - 31 * 86_400_000);
  for (const name of ['left', 'used']) {
    mkdirSync(join(cache, name));
    utimesSync(join(cache, name), long, long);
  }
  await madeOnce(join(cache, 'used'), fill);
  expect(statSync(join(cache, 'used')).mtimeMs).toBeGreaterThan(long.getTime());
  await madeOnce(join(cache, 'new'), fill);
  expect(readdirSync(cache)).toEqual(['new', 'used']);
});
