import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisRunner } from '@tare/environment';
import { afterAll, expect, test } from 'vitest';
import { connectEngine } from '../engine/connect-engine.ts';
import { type BaseOptions, likelyBaseMode, makeBase, withWorkFolder } from './make-base.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const binary = join(folder, 'node');
writeFileSync(binary, 'not really node');
const options: BaseOptions = {
  mode: 'auto',
  likely: { mode: 'registry', reason: 'this host cannot unpack packages' },
  recipe: { suite: 'bookworm', packages: ['libc6'], image: 'debian:none' },
  architecture: 'amd64',
  node: { binary, version: '24.0.0' },
  out: join(folder, 'out'),
  engine: () => connectEngine(join(folder, 'none.sock')),
};

test('when no way works the message has the reason of each, and nothing is left', async () => {
  const making = makeBase(options, AbortSignal.timeout(10_000));
  await expect(making).rejects.toThrow(
    /no base can be made\. rootfs: this host cannot unpack packages; registry: .*none\.sock/,
  );
  expect(readdirSync(folder)).toEqual(['node']);
});

test('a host that can unpack packages for the engine does so', () => {
  expect(likelyBaseMode('amd64', 'amd64', true).mode).toBe('rootfs');
});

test('another architecture, or a host without the tools, takes an image of a registry and says why', () => {
  expect(likelyBaseMode('arm64', 'amd64', true)).toEqual({
    mode: 'registry',
    reason: 'the engine runs arm64 and this host is amd64',
  });
  expect(likelyBaseMode('amd64', 'amd64', false).reason).toContain('mmdebstrap');
});

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
