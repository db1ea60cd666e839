import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connectEngine } from '../engine/connect-engine.ts';
import { type BaseOptions, likelyBaseMode, makeBase } from './make-base.ts';

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
