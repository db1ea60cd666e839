/** Writes that the disks of a machine have completed since it booted. */
export type DiskWrites = {
  readonly count: bigint;
  /** How long they took, from the request to its completion, added up: the wait in the queue counts. */
  readonly tookMs: bigint;
};

// whole disks: their partitions have lines of their own, and what lies on top of a disk (loop, dm, md, zram) writes to it
const wholeDisk = /^(?:[hsv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;

/**
 * Reads /proc/diskstats (Documentation/admin-guide/iostats.rst of the kernel: field 5 counts writes completed, field 8 is
 * the milliseconds that all of them took).
 * @returns undefined when no disk is in sight.
 */
export function parseDiskStats(text: string): DiskWrites | undefined {
  const disks = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , name]) => name !== undefined && wholeDisk.test(name));
  if (disks.length === 0) return undefined;
  const sum = (column: number): bigint =>
    disks.reduce((total, fields) => total + BigInt(fields[column] ?? 0), 0n);
  return { count: sum(7), tookMs: sum(10) };
}
