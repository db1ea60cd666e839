import { readFileSync } from 'node:fs';
import { parseDiskStats, type DiskWrites } from './parse-disk-stats.ts';

/** @returns what the disks of this machine have written so far; undefined where the kernel does not tell. */
export function readDiskWrites(): DiskWrites | undefined {
  try {
    return parseDiskStats(readFileSync('/proc/diskstats', 'latin1'));
  } catch {
    return undefined;
  }
}
