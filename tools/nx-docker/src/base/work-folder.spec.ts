import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisRunner } from '@tare/environment';
import { expect, test } from 'vitest';
import { withWorkFolder } from './work-folder.ts';

test('the folder is gone after the work, and after work that failed', async () => {
  const seen = await withWorkFolder((folder) => {
    writeFileSync(join(folder, 'a'), '');
    return Promise.resolve(folder);
  });
  expect(existsSync(seen)).toBe(false);
  let failed = '';
  const work = withWorkFolder((folder) => {
    failed = folder;
    return Promise.reject(new Error('no'));
  });
  await expect(work).rejects.toThrow('no');
  expect(existsSync(failed)).toBe(false);
});

test('what a killed process left is removed', async () => {
  // this process, had it begun with the host
  const left = join(tmpdir(), `tare-base-${thisRunner().replace(/\d+$/, '1')}-left`);
  const inUse = join(tmpdir(), `tare-base-${thisRunner()}-use`);
  for (const path of [left, inUse]) mkdirSync(path, { recursive: true });
  try {
    await withWorkFolder(() => Promise.resolve());
    expect([existsSync(left), existsSync(inUse)]).toEqual([false, true]);
  } finally {
    rmSync(inUse, { recursive: true });
  }
});
