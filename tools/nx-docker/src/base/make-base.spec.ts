import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connectEngine } from '../engine/connect-engine.ts';
import { makeBase, type BaseOptions } from './make-base.ts';

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
