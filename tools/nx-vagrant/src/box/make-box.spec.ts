import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '@tare/recipe';
import { afterAll, expect, test } from 'vitest';
import { boxRecordSchema } from '../record/records.ts';
import { type BoxOrder, makeBox } from './make-box.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const signal = AbortSignal.timeout(20_000);
const out = join(folder, 'out');
const host = { provider: 'libvirt', architecture: 'amd64', box: 'built', reason: 'it can' } as const;
const order: BoxOrder = {
  mode: 'auto',
  host,
  recipe: folder,
  node: { binary: process.execPath, version: '24.0.0' },
  publicBox: { name: 'acme/box', version: '1.0' },
  out,
  onLine: () => undefined,
};
const recorded = () => readRecord(join(out, 'box.json'), boxRecordSchema, '');

test('a built box is named after its content', async () => {
  writeFileSync(join(folder, 'build-box.sh'), 'printf abc >"$2"\n');
  const made = await makeBox(order, signal);
  expect(made).toEqual(recorded());
  expect(made).toMatchObject({
    mode: 'built',
    name: 'tare/bookworm-ba7816bf8f01',
    bytes: 3,
    reason: 'it can',
  });
});

test('a host that cannot build takes the public box, and an earlier one is gone', async () => {
  const made = await makeBox(
    { ...order, host: { ...host, box: 'public', reason: 'this host is not Debian' } },
    signal,
  );
  expect(made).toMatchObject({
    mode: 'public',
    name: 'acme/box',
    version: '1.0',
    reason: 'this host is not Debian',
  });
  expect(existsSync(join(out, 'tare.box'))).toBe(false);
});

test('a build that fails leaves no record', async () => {
  writeFileSync(join(folder, 'build-box.sh'), 'echo no space >&2; exit 1\n');
  await expect(makeBox(order, signal)).rejects.toThrow(/failed with 1: no space$/);
  expect(existsSync(join(out, 'box.json'))).toBe(false);
});

test('a host that cannot build refuses to', async () => {
  const unable = { ...host, box: 'public', reason: 'this host is not Debian' } as const;
  await expect(makeBox({ ...order, mode: 'built', host: unable }, signal)).rejects.toThrow(
    'option mode is "built", but this host is not Debian; expected "auto" or "public"',
  );
});
