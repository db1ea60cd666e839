import { expect, it } from 'vitest';
import { parseDiskStats } from './parse-disk-stats.ts';

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
