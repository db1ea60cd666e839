/** A reading of what some processes have used so far. */
export type MeterReading = {
  /** When it was read, on the monotonic clock (`process.hrtime.bigint()`), in nanoseconds. */
  readonly atNs: bigint;
  /** CPU time used since the processes began, user and system, in nanoseconds. Never decreases. */
  readonly cpuNs: bigint;
  /** Of that, the time in the kernel: system calls and page faults, in steps of 10 ms; absent where it is not known. */
  readonly kernelCpuNs?: bigint;
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
   * What the disks of the machine that the processes run on have written since it booted, for all of its processes; absent
   * where it is not known.
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

/** Which processes a meter watches. */
export type ProcessScope = {
  /** In words, for the run file. */
  readonly scope: string;
  /** The pids at this moment; asked at every reading, so that processes may come and go. */
  readonly pids: () => readonly number[];
};

/**
 * Adds meters up: CPU time, memory, bytes written and time of throttling. Use it for scopes of one machine that do not
 * overlap. A part that has ended counts with its last CPU time and bytes and no memory; when all have ended, reading throws.
 */
export function sumMeter(scope: string, meters: readonly Meter[]): Meter {
  const lastCpuNs = new Map<Meter, bigint>();
  const lastKernelNs = new Map<Meter, bigint>();
  const lastWritten = new Map<Meter, bigint>();
  return {
    scope,
    read: async () => {
      const atNs = process.hrtime.bigint();
      const readings = await Promise.all(
        meters.map(async (meter) => {
          const reading = await meter.read().catch(() => undefined);
          if (reading !== undefined) lastCpuNs.set(meter, reading.cpuNs);
          if (reading?.kernelCpuNs !== undefined) lastKernelNs.set(meter, reading.kernelCpuNs);
          if (reading?.writtenBytes !== undefined) lastWritten.set(meter, reading.writtenBytes);
          return reading;
        }),
      );
      const alive = readings.filter((reading) => reading !== undefined);
      if (alive.length === 0) throw new Error(`nothing left to meter: ${scope} has ended`);
      const diskWrites = alive.find((reading) => reading.diskWrites)?.diskWrites;
      const throttled = alive.flatMap(({ throttledNs }) => throttledNs ?? []);
      return {
        atNs,
        cpuNs: sumOf(lastCpuNs.values()),
        // without the time of one part the sum would be too little
        ...(lastKernelNs.size === lastCpuNs.size && { kernelCpuNs: sumOf(lastKernelNs.values()) }),
        memoryBytes: alive.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
        ...(lastWritten.size > 0 && { writtenBytes: sumOf(lastWritten.values()) }),
        ...(diskWrites !== undefined && { diskWrites }),
        ...(throttled.length > 0 && { throttledNs: sumOf(throttled) }),
      };
    },
    close: async () => {
      await Promise.all(meters.map((meter) => meter.close()));
    },
  };
}

function sumOf(figures: Iterable<bigint>): bigint {
  return [...figures].reduce((sum, figure) => sum + figure, 0n);
}

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
