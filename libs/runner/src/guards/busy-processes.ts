import type { ProcessStat } from '@tare/metrics';

/** A process and how much of a CPU it used. */
export type BusyProcess = {
  readonly pid: number;
  /** Name of its executable; never its command line, which may hold secrets. */
  readonly name: string;
  readonly cpus: number;
};

type Listed = Pick<ProcessStat, 'pid' | 'command' | 'userTicks' | 'systemTicks' | 'startTicks'>;

// USER_HZ: the unit of /proc/PID/stat, 100 on every architecture that Node runs on
const ticksPerSecond = 100;

/**
 * The processes that used the most CPU time between two listings. Those that ended between the two cannot be known.
 * @param except pids to leave out.
 * @returns at most `count`, the busiest first; one that used less than a tick is not among them.
 */
export function busiestProcesses(
  begin: readonly Listed[],
  end: readonly Listed[],
  wallMs: number,
  except: readonly number[],
  count: number,
): readonly BusyProcess[] {
  const before = new Map(begin.map((each) => [each.pid, each]));
  return end
    .filter(({ pid }) => !except.includes(pid))
    .map((now) => {
      const then = before.get(now.pid);
      // a pid with another start belongs to a new process: all of its time is since the first listing
      const past = then?.startTicks === now.startTicks ? then.userTicks + then.systemTicks : 0;
      const ticks = now.userTicks + now.systemTicks - past;
      return { pid: now.pid, name: printable(now.command), cpus: (ticks / ticksPerSecond / wallMs) * 1000 };
    })
    .filter(({ cpus }) => cpus > 0)
    .sort((one, other) => other.cpus - one.cpus)
    .slice(0, count);
}

/** A process may name itself with anything, line feeds and terminal codes included. */
function printable(name: string): string {
  return name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}
