import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDiskWrites } from './read-disk-writes.ts';

const flushes = 100;
// statfs(2)
const tmpfsMagic = 0x01021994;

it('counts the writes of a program that flushes each, none slower than the flushes themselves', async ({
  skip,
}) => {
  const before = readDiskWrites();
  if (before === undefined) return skip('no disk is in sight here');
  if ((await statfs(tmpdir())).type === tmpfsMagic) return skip(`${tmpdir()} is in memory`);
  const folder = await mkdtemp(join(tmpdir(), 'tare-disk-writes-'));
  let flushedMs = 0;
  try {
    const file = await open(join(folder, 'file'), 'w');
    for (let done = 0; done < flushes; done += 1) {
      await file.write(Buffer.alloc(4096, done));
      const begin = performance.now();
      await file.sync();
      flushedMs += performance.now() - begin;
    }
    await file.close();
    const after = readDiskWrites();
    const count = Number((after?.count ?? 0n) - before.count);
    const tookMs = Number((after?.tookMs ?? 0n) - before.tookMs);
    // a flush writes the data, and mostly the journal of the file system
    expect(count).toBeGreaterThanOrEqual(flushes);
    // milliseconds are whole per write in older kernels; others on this machine may write meanwhile
    expect(tookMs / count).toBeLessThanOrEqual((flushedMs / flushes) * 2 + 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
