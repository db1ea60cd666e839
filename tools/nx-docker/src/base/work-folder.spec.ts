import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  // above the largest pid that a kernel gives
  const left = join(tmpdir(), 'tare-base-4194305-left');
  mkdirSync(left, { recursive: true });
  await withWorkFolder(() => Promise.resolve());
  expect(existsSync(left)).toBe(false);
});
