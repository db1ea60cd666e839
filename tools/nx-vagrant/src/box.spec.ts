import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '@tare/nx-kit';
import { afterAll, expect, test } from 'vitest';
import {
  type BoxOrder,
  boxVolumes,
  type BuildTraits,
  likelyBoxMode,
  makeBox,
  sameBox,
  whyNotBuilt,
} from './box.ts';
import { boxRecordSchema } from './records.ts';

const debian: BuildTraits = {
  provider: 'libvirt',
  architecture: 'amd64',
  debianFamily: true,
  root: true,
  missing: [],
};

test('root on Debian with libvirt builds its box', () => {
  expect(likelyBoxMode(debian).mode).toBe('built');
});

test.each([
  [{ provider: 'virtualbox' }, 'the built box is for libvirt'],
  [{ architecture: 'arm64' }, 'the built box is for amd64, and this host is arm64'],
  [{ debianFamily: false }, 'this host is not Debian'],
  [{ root: false }, 'building it takes root'],
  [{ missing: ['mmdebstrap', 'mke2fs'] }, 'mmdebstrap and mke2fs is not installed'],
] as const)('another host takes the public box, and says why: %j', (trait, reason) => {
  expect(likelyBoxMode({ ...debian, ...trait })).toEqual({ mode: 'public', reason });
  expect(whyNotBuilt({ ...debian, ...trait })).toBe(reason);
});

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

const table = ` Name                                                          Path
----------------------------------------------------------------------------
 tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img   /pool/a.img
 tare-VAGRANTSLASH-bookworm-ba9876543210_vagrant_box_image_0_box.img   /pool/b.img
 generic-VAGRANTSLASH-debian12_vagrant_box_image_4.3.12_box.img   /pool/c.img
 tare_0123abcd_default.img                                     /pool/d.img
`;

test('only the volumes of boxes are found, by the name of the box', () => {
  const boxes: string[] = [];
  boxVolumes(table, (box) => boxes.push(box) === 0);
  expect(boxes).toEqual(['tare/bookworm-0123456789ab', 'tare/bookworm-ba9876543210', 'generic/debian12']);
  expect(boxVolumes(table, (box) => box === 'tare/bookworm-0123456789ab')).toEqual([
    'tare-VAGRANTSLASH-bookworm-0123456789ab_vagrant_box_image_0_box.img',
  ]);
});

test('the builds of a box differ in their hash alone', () => {
  expect(sameBox('tare/bookworm-0123456789ab', 'tare/bookworm-ba9876543210')).toBe(true);
  expect(sameBox('tare/trixie-0123456789ab', 'tare/bookworm-ba9876543210')).toBe(false);
  expect(sameBox('generic/debian12', 'generic/debian12')).toBe(false);
});
