import { join } from 'node:path';
import { readFileSync } from 'node:fs';

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
