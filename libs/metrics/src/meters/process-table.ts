import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** What /proc/PID/stat tells, as far as it is needed here. */
export type ProcessStat = {
  readonly pid: number;
  /** Name of the executable; may hold spaces and brackets. */
  readonly command: string;
  /** One letter: R running, S sleeping, Z ended but not yet reaped, … */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Clock ticks between the boot and the start of the process: together with the pid it names a process for good. */
  readonly startTicks: number;
};

/**
 * Reads one line of /proc/PID/stat (proc_pid_stat(5)).
 * @throws Error when the text is not such a line.
 */
export function parseStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const [state, parentPid, processGroup] = fields;
  // utime, stime and starttime are fields 14, 15 and 22; the state, field 3, is fields[0]
  const [userTicks, systemTicks, startTicks] = [fields[11], fields[12], fields[19]];
  if (open < 0 || close < open || state === undefined || startTicks === undefined) {
    throw new Error(`not a line of /proc/PID/stat: "${text.slice(0, 80)}"`);
  }
  return {
    pid: Number(text.slice(0, open)),
    command: text.slice(open + 1, close),
    state,
    parentPid: Number(parentPid),
    processGroup: Number(processGroup),
    userTicks: Number(userTicks),
    systemTicks: Number(systemTicks),
    startTicks: Number(startTicks),
  };
}

/** @returns what /proc/PID/stat tells of a process, or undefined when it is gone (a zombie counts as gone). */
export function findProcess(pid: number | 'self'): ProcessStat | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat.state === 'Z' || stat.state === 'X' ? undefined : stat;
  } catch {
    return undefined;
  }
}

/** The text of a file such as those of /proc; empty where it cannot be read. */
export function textIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The program and the arguments of a process; none when it is gone. */
export function commandLineOf(pid: number): readonly string[] {
  const words = textIfThere(`/proc/${pid}/cmdline`);
  return words === '' ? [] : words.replace(/\0$/, '').split('\0');
}

/** Inodes of the sockets of a process; undefined if it has ended or belongs to another user. */
export function socketsOf(pid: number): readonly string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // closed meanwhile
        return [];
      }
    });
  } catch {
    return undefined;
  }
}

/** @returns every process of this host that is alive and can be seen; empty where there is no /proc. */
export function listProcesses(): readonly ProcessStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => findProcess(Number(name)))
    .filter((stat) => stat !== undefined);
}

/** @returns the pids of a process and of all that descend from it, the ancestor first. Cheap enough for every reading. */
export function descendants(ancestor: number): readonly number[] {
  const found = [ancestor];
  for (const pid of found) found.push(...childrenOf(pid));
  return found;
}

function childrenOf(parent: number): readonly number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${parent}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) => {
    try {
      return readFileSync(`/proc/${parent}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter(Boolean)
        .map(Number);
    } catch {
      // the thread has ended, or the kernel has no such file (CONFIG_PROC_CHILDREN)
      return thread === String(parent) ? listChildren(parent) : [];
    }
  });
}

function listChildren(parent: number): readonly number[] {
  return listProcesses()
    .filter(({ parentPid }) => parentPid === parent)
    .map(({ pid }) => pid);
}

/** @returns the pid that a process has in its own pid namespace; undefined when it is gone. */
export function namespacedPid(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // its pids from the namespace of the reader inwards; kernels before 4.1 do not tell
    return Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? pid);
  } catch {
    return undefined;
  }
}

/** A process and the environment variables that it was started with. */
type ProcessWithVariables = ProcessStat & { readonly variables: ReadonlyMap<string, string> };

/**
 * @returns the processes of this user, with the environment variables that they were started with. Those of other users are
 *   passed over, also by root.
 */
export function ownProcesses(): readonly ProcessWithVariables[] {
  return processesInReach(({ pid }) => statSync(`/proc/${pid}`).uid === process.getuid?.());
}

/**
 * @param isWanted may throw for a process that has ended.
 * @returns the processes whose variables this user may read, with the variables that they were started with: its own ones, and
 *   for root those of others, whose marks may be forged.
 */
export function processesInReach(
  isWanted: (stat: ProcessStat) => boolean = () => true,
): readonly ProcessWithVariables[] {
  return listProcesses().flatMap((stat) => {
    try {
      if (!isWanted(stat)) return [];
      const lines = readFileSync(`/proc/${stat.pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const entries = lines.map((line): [string, string] => {
        const [name = ''] = line.split('=', 1);
        return [name, line.slice(name.length + 1)];
      });
      return [{ ...stat, variables: new Map(entries) }];
    } catch {
      // ended since it was listed, or guarded against its own user
      return [];
    }
  });
}

/** @returns the processes of this user that were started with an environment variable, and its value. */
export function processesWithVariable(
  name: string,
): readonly (ProcessWithVariables & { readonly value: string })[] {
  return ownProcesses().flatMap((each) => {
    const value = each.variables.get(name);
    return value === undefined ? [] : [{ ...each, value }];
  });
}
