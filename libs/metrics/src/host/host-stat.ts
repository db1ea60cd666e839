import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What some CPUs did since the boot, in nanoseconds that go forward in steps of a tick (10 ms). */
export type CpuTimes = {
  /** user, nice, system, irq and softirq; guests are in user and nice already. */
  readonly busyNs: bigint;
  /** Taken by the hypervisor while this machine wanted to run. */
  readonly stealNs: bigint;
  /** Busy, stolen, idle and waiting for input or output. */
  readonly totalNs: bigint;
};

/** What /proc/stat tells, as far as it is needed here. */
export type HostStat = {
  readonly all: CpuTimes;
  /** By number of the CPU; those that are offline are not in it. */
  readonly cpus: ReadonlyMap<number, CpuTimes>;
};

// USER_HZ, the unit of /proc/stat: 100 on every architecture that Node runs on, whatever CONFIG_HZ is (proc_stat(5), time(7))
const nsPerTick = 10_000_000n;

/**
 * Reads /proc/stat (proc_stat(5)). Columns that old kernels lack (iowait and after before Linux 2.6, steal before 2.6.11)
 * count as 0, and columns that are not known here are left out.
 * @throws Error when the text has no line of all CPUs, or when that line counts no time at all: some sandboxes show a
 *   file of zeros.
 */
export function parseHostStat(text: string): HostStat {
  const lines = [...text.matchAll(/^cpu(\d*) +(\d+(?: +\d+)*) *$/gm)].map(
    ([, number = '', columns = '']) => ({ number, times: timesOf(columns) }),
  );
  const all = lines.find(({ number }) => number === '')?.times;
  if (all === undefined) throw new Error(`not the text of /proc/stat: "${text.slice(0, 80)}"`);
  if (all.totalNs === 0n)
    throw new Error('/proc/stat counts no time: this kernel keeps no account of its CPUs');
  return {
    all,
    cpus: new Map(
      lines.filter(({ number }) => number !== '').map(({ number, times }) => [Number(number), times]),
    ),
  };
}

function timesOf(columns: string): CpuTimes {
  const [user = 0n, nice = 0n, system = 0n, idle = 0n, iowait = 0n, irq = 0n, softirq = 0n, steal = 0n] =
    columns.split(/ +/).map((ticks) => BigInt(ticks) * nsPerTick);
  const busyNs = user + nice + system + irq + softirq;
  return { busyNs, stealNs: steal, totalNs: busyNs + steal + idle + iowait };
}

const cpuFolder = '/sys/devices/system/cpu';

/**
 * The present clock of some CPUs, from cpufreq/scaling_cur_freq. The "cpu MHz" of /proc/cpuinfo is no substitute: in a
 * virtual machine it is a constant.
 * @returns their mean in MHz, or null when one of them does not tell (a virtual machine, most often) or none is given.
 */
export function readClockMHz(cpus: readonly number[], folder = cpuFolder): number | null {
  let sumKHz = 0;
  for (const cpu of cpus) {
    const kHz = readKHz(join(folder, `cpu${cpu}`, 'cpufreq', 'scaling_cur_freq'));
    if (kHz === undefined) return null;
    sumKHz += kHz;
  }
  return cpus.length === 0 ? null : sumKHz / cpus.length / 1000;
}

function readKHz(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    // some drivers answer "<unknown>"
    return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

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
