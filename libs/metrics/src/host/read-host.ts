import { readFileSync } from 'node:fs';
import { readClockMHz } from './clock-mhz.ts';
import { parseHostStat, type HostStat } from './parse-host-stat.ts';

/** What all CPUs of this host did so far. Two of them make a {@link hostActivity}. */
export type HostReading = {
  /** When it was read, on the monotonic clock (`process.hrtime.bigint()`), in nanoseconds. */
  readonly atNs: bigint;
  /** Of all CPUs together: user, nice, system, irq and softirq. In steps of 10 ms. */
  readonly busyNs: bigint;
  /** Of all CPUs together: taken by the hypervisor. */
  readonly stealNs: bigint;
  /** Of all CPUs together: whatever they did, idling included. */
  readonly totalNs: bigint;
  /** Mean present clock of the given CPUs; null where the host does not tell. */
  readonly clockMHz: number | null;
};

/** @returns the CPU times of this host, or null where there is no /proc/stat or it counts nothing. */
export function readHostStat(): HostStat | null {
  try {
    return parseHostStat(readFileSync('/proc/stat', 'latin1'));
  } catch {
    return null;
  }
}

/**
 * Reads what all CPUs of this host did so far.
 * @param cpus whose clock to read; every CPU by default.
 * @returns null where there is no /proc/stat or it counts nothing.
 */
export function readHost(cpus?: readonly number[]): HostReading | null {
  const stat = readHostStat();
  if (stat === null) return null;
  const atNs = process.hrtime.bigint();
  return { atNs, ...stat.all, clockMHz: readClockMHz(cpus ?? [...stat.cpus.keys()]) };
}
