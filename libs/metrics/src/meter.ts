import type { DiskWrites } from './host/parse-disk-stats.ts';

/** A reading of what some processes have used so far. */
export type MeterReading = {
  /** When it was read, on the monotonic clock (`process.hrtime.bigint()`), in nanoseconds. */
  readonly atNs: bigint;
  /** CPU time used since the processes began, user and system, in nanoseconds. Never decreases. */
  readonly cpuNs: bigint;
  /**
   * Memory held at this moment, in bytes: anonymous and shared memory in RAM, summed over the processes. Mapped pages of
   * files do not count: they are the kernel's cache, may be dropped at any time, and how many of them appear mapped depends
   * on how the file once came into the cache (one and the same Node binary: 52 MiB or 73 MiB).
   */
  readonly memoryBytes: number;
  /** Time since they began that a CPU quota kept them from running, in nanoseconds; absent where it is not known. */
  readonly throttledNs?: bigint;
  /**
   * Bytes that the processes caused to be written to storage since they began: pages of files that they made dirty, not
   * what stays in memory (tmpfs, sockets, pipes). Never decreases; absent where it is not known.
   */
  readonly writtenBytes?: bigint;
  /**
   * What the disks of the machine that the processes run on have written since it booted, for whomever; absent where it is
   * not known.
   */
  readonly diskWrites?: DiskWrites;
};

/** Watches the CPU time and the memory of a scope: an app's own processes, or all that an environment costs. */
export interface Meter {
  /** What is counted, in words: "the app’s processes". Goes into the run file. */
  readonly scope: string;
  /** @throws Error when none of the watched processes is left. */
  read(): Promise<MeterReading>;
  /** Releases descriptors. Never throws; may be called twice. */
  close(): Promise<void>;
}
