import { expect, it } from 'vitest';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type DiskWrites, parseDiskStats } from './disk-writes.ts';

it('adds whole disks up, without their partitions and what lies on top of them', () => {
  const text = `   7       0 loop0 5 0 0 0 5 0 0 50 0 0 0
 254       0 vda 1517161 125393 70102042 2238047 958391 668767 173291672 1302541 0 389012 3661726 667940 741 140743440 90516 179055 30621
 254       1 vda1 17161 125393 70102042 2238047 900000 668767 173291672 1300000 0 389012 3661726
 259       0 nvme0n1 1 0 8 2 9 0 72 4 0 6 6
 259       1 nvme0n1p1 1 0 8 2 9 0 72 4 0 6 6
 252       0 dm-0 1 0 8 2 7 0 72 4 0 6 6
`;
  expect(parseDiskStats(text)).toEqual({ count: 958_400n, tookMs: 1_302_545n });
});

it('sees no disk where there is none', () => {
  expect(parseDiskStats('')).toBeUndefined();
  expect(parseDiskStats('   7       0 loop0 5 0 0 0 5 0 0 50 0 0 0\n')).toBeUndefined();
});

const readDiskWrites = (): DiskWrites | undefined =>
  existsSync('/proc/diskstats') ? parseDiskStats(readFileSync('/proc/diskstats', 'latin1')) : undefined;

const flushes = 100;
// statfs(2)
const tmpfsMagic = 0x01021994;

// others may write much at once meanwhile
const counted = { retry: 2 };

it(
  'counts the writes of a program that flushes each, none slower than the flushes themselves',
  counted,
  async ({ skip }) => {
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
  },
);
