import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { fixedTar, type TarEntry } from './fixed-tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const digestOf = async (entries: readonly TarEntry[]): Promise<string> =>
  createHash('sha256')
    .update(await buffer(fixedTar(entries)))
    .digest('hex');

test('the same contents give the same bytes, whatever the time of the file', async () => {
  const path = join(folder, 'a.txt');
  writeFileSync(path, 'hello');
  const entries: readonly TarEntry[] = [
    { name: 'd/', mode: 0o755, type: 'directory' },
    { name: 'd/a.txt', mode: 0o644, type: 'file', path },
    { name: 'd/b', mode: 0o777, type: 'link', symbolic: true, target: 'a.txt' },
  ];
  const first = await digestOf(entries);
  utimesSync(path, 1, 1);
  expect(await digestOf(entries)).toBe(first);
  writeFileSync(path, 'hallo');
  expect(await digestOf(entries)).not.toBe(first);
});

test('a large file goes through in order', async () => {
  const chunks = Array.from({ length: 64 }, (_, index) => Buffer.alloc(65_536, index));
  const archive = await buffer(
    fixedTar([{ name: 'big', mode: 0o644, type: 'bytes', size: 64 * 65_536, bytes: Readable.from(chunks) }]),
  );
  expect(archive.subarray(512, 512 + 64 * 65_536).equals(Buffer.concat(chunks))).toBe(true);
});

test('a file that is not there fails the archive', async () => {
  const archive = fixedTar([{ name: 'a', mode: 0o644, type: 'file', path: join(folder, 'none') }]);
  await expect(buffer(archive)).rejects.toThrow('ENOENT');
});
