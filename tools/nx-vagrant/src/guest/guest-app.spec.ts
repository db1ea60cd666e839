import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFolder } from '@tare/environment';
import { afterAll, expect, test } from 'vitest';
import { folderDigestCommand } from './guest-app.ts';

const root = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

function inGuest(folder: string): string {
  const [program = '', ...words] = folderDigestCommand(folder, process.execPath);
  return execFileSync(program, words, { encoding: 'utf8' });
}

test('the guest’s digest of a folder is the host’s', async () => {
  const folder = join(root, 'app');
  mkdirSync(join(folder, 'node_modules/@a/b'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'server.js'), 'serve()');
  writeFileSync(join(folder, 'node_modules/@a/b/größe.node'), Buffer.from([0, 255, 1]));
  writeFileSync(join(folder, 'start'), '#!/bin/sh');
  chmodSync(join(folder, 'start'), 0o755);
  symlinkSync('../nowhere', join(folder, 'link'));
  const host = async () => (await hashFolder(folder, AbortSignal.timeout(5000)))?.sha256;
  const before = await host();
  expect(inGuest(folder)).toBe(before);
  chmodSync(join(folder, 'start'), 0o644);
  expect(inGuest(folder)).not.toBe(before);
  expect(inGuest(folder)).toBe(await host());
});

test('a folder that is not there has none', () => {
  expect(inGuest(join(root, 'none'))).toBe('');
});
