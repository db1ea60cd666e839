import type { HostReading } from './host-stat.ts';

/** What the host did between two readings, beside what we know of. */
export type HostActivity = {
  /** CPUs that others used, on average; null where it is not known. */
  readonly foreignCpus: number | null;
  /** Share of the time of all CPUs that the hypervisor took, in percent; null where it is not known. */
  readonly stealPercent: number | null;
  /** At the start and at the end; null where the host does not say. */
  readonly clockMHz: readonly [number, number] | null;
};

const unknown: HostActivity = { foreignCpus: null, stealPercent: null, clockMHz: null };

/**
 * What this host did between two readings beside `own`: foreign CPUs = (busy − own) ÷ wall time.
 *
 * How exact that is: a CPU's times go forward by whole ticks, so each of them is off by up to 2 ticks (20 ms) over the two
 * readings: 0.013 CPUs on 2 CPUs and 3 s. A kernel that samples at its timer interrupt (CONFIG_TICK_CPU_ACCOUNTING, the usual
 * one in virtual machines) adds chance, with a standard deviation of √(p (1 − p) ÷ ticks) for each CPU, and loses ticks: on 2
 * busy CPUs of such a machine 20 windows of 3 s came out 0.000 to 0.025 CPUs below the exact account of the root control
 * group, 0.011 on average. `own` is exact. So the difference may be below zero on a quiet host; it is then given as 0.
 *
 * What counts as foreign though we cause it: kernel threads, and interrupts where the kernel books them apart from the
 * process that they interrupt (CONFIG_IRQ_TIME_ACCOUNTING).
 *
 * @param own CPU time of the environment (gross), the load generator and the runner between the readings.
 * @returns null for what is not known: without a reading, with no time between them, or when a CPU went offline.
 */
export function hostActivity(
  begin: HostReading | null,
  end: HostReading | null,
  own: { readonly ownCpuNs: bigint },
): HostActivity {
  if (begin === null || end === null) return unknown;
  const wallNs = end.atNs - begin.atNs;
  const busyNs = end.busyNs - begin.busyNs;
  const stealNs = end.stealNs - begin.stealNs;
  const totalNs = end.totalNs - begin.totalNs;
  const clockMHz =
    begin.clockMHz === null || end.clockMHz === null ? null : ([begin.clockMHz, end.clockMHz] as const);
  const sound = wallNs > 0n && totalNs > 0n && busyNs >= 0n && stealNs >= 0n;
  if (!sound) return { ...unknown, clockMHz };
  return {
    foreignCpus: Math.max(0, Number(busyNs - own.ownCpuNs) / Number(wallNs)),
    stealPercent: (Number(stealNs) / Number(totalNs)) * 100,
    clockMHz,
  };
}
