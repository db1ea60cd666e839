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
