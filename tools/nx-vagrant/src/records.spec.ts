import { expect, test } from 'vitest';
import { boxRecordSchema, probeRecordSchema } from './records.ts';

const common = { nodeVersion: '24.21.0', architecture: 'amd64', from: 'packages', reason: 'this host can' };
const built = {
  ...common,
  mode: 'built',
  name: 'tare/bookworm-0123456789ab',
  file: 'tare.box',
  sha256: '0'.repeat(64),
  bytes: 1,
};

test('a built box names its file and the digest of it', () => {
  expect(boxRecordSchema.safeParse(built).success).toBe(true);
  expect(boxRecordSchema.safeParse({ ...built, sha256: 'abc' }).error?.issues[0]?.message).toBe(
    'expected 64 lower-case hex digits',
  );
  expect(boxRecordSchema.safeParse({ ...built, file: undefined }).success).toBe(false);
});

test('a public box names its version', () => {
  const record = { ...common, mode: 'public', name: 'bento/debian-12', version: '1.0' };
  expect(boxRecordSchema.safeParse(record).success).toBe(true);
  expect(boxRecordSchema.safeParse({ ...record, version: undefined }).success).toBe(false);
});

test('a probe without a provider has a nonce, so that it is never the same twice', () => {
  const record = { provider: 'none', reason: 'no vagrant', remedy: 'install it' };
  expect(probeRecordSchema.safeParse(record).success).toBe(false);
  expect(probeRecordSchema.safeParse({ ...record, nonce: 'n' }).success).toBe(true);
});

test('a probe with a provider has only what stays the same', () => {
  const record = { provider: 'libvirt', architecture: 'amd64', box: 'built', reason: 'it can' };
  expect(probeRecordSchema.safeParse(record).success).toBe(true);
  expect(probeRecordSchema.safeParse({ ...record, nonce: 'n' }).success).toBe(false);
});
