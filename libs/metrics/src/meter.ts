/** A reading of what some processes have used so far. */
export type MeterReading = {
  /** When it was read, on the monotonic clock (`process.hrtime.bigint()`), in nanoseconds. */
  readonly atNs: bigint;
  /** CPU time used since the processes began, user and system, in nanoseconds. Never decreases. */
  readonly cpuNs: bigint;
  /** Memory held at this moment, in bytes: resident set size, summed over the processes. */
  readonly memoryBytes: number;
};

/** Watches the CPU time and the memory of a scope: an app's own processes, or all that an environment costs. */
export interface Meter {
  /** What is counted, in words: "resident set of pid 4711 and its threads". Goes into the run file. */
  readonly scope: string;
  /** @throws Error when none of the watched processes is left. */
  read(): Promise<MeterReading>;
  /** Releases descriptors. Never throws; may be called twice. */
  close(): Promise<void>;
}
