import pidusage from 'pidusage';
import { parseDiskStats } from './meter.ts';
import type { Meter, MeterReading, ProcessScope } from './meter.ts';
import {
  type FilesOfProcess,
  type FilesReader,
  openProcessFiles,
  type ProcessFiles,
} from './process-files.ts';
import { findProcess, parseStat } from './process-table.ts';

/**
 * Meters processes of this host: CPU time of all their threads, ended ones included, the sum of their own resident memory,
 * and what they wrote to storage. Uses /proc; where there is none, `pidusage`.
 */
export function processMeter(options: ProcessScope): Meter {
  return findProcess(process.pid) === undefined
    ? pidusageMeter(options)
    : filesMeter(options.scope, openProcessFiles(options.pids));
}

/** Meters processes by their files of /proc, wherever these come from: this host, or a machine that sends them. */
export function filesMeter(scope: string, files: FilesReader): Meter {
  const accounts = new Map<string, ProcessAccount>();
  let lastWrittenBytes = 0n;
  const readWritten = (): bigint | undefined => {
    let sum = 0n;
    for (const { alive, writtenBytes, parentPid } of accounts.values()) {
      if (writtenBytes === undefined && alive) return undefined;
      // its parent has its account now, or has it as soon as it waits for it
      const handedOn = !alive && accounts.has(parentPid);
      if (!handedOn) sum += writtenBytes ?? 0n;
    }
    if (sum > lastWrittenBytes) lastWrittenBytes = sum;
    return lastWrittenBytes;
  };
  const readingOf = ({ atNs, processes, diskstats }: ProcessFiles): MeterReading => {
    for (const pid of Object.keys(processes)) if (!accounts.has(pid)) accounts.set(pid, newAccount());
    for (const [pid, account] of accounts) if (account.alive) updateAccount(account, processes[pid]);
    const all = [...accounts.values()];
    if (!all.some(({ alive }) => alive)) throw new Error(`nothing left to meter: ${scope} has ended`);
    const writtenBytes = readWritten();
    const diskWrites = diskstats === undefined ? undefined : parseDiskStats(diskstats);
    return {
      atNs,
      cpuNs: all.reduce((sum, { cpuNs }) => sum + cpuNs, 0n),
      kernelCpuNs: all.reduce((sum, { kernelCpuNs }) => sum + kernelCpuNs, 0n),
      memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      ...(writtenBytes !== undefined && { writtenBytes }),
      ...(diskWrites !== undefined && { diskWrites }),
    };
  };
  return { scope, read: async () => readingOf(await files.read()), close: () => files.close() };
}

/** What one process has used. After its end it keeps its last CPU time and written bytes, and holds no memory. */
type ProcessAccount = {
  alive: boolean;
  parentPid: string;
  /** CPU time of its threads by their TID, as of the last reading. */
  readonly threadNs: Map<string, bigint>;
  endedThreadsNs: bigint;
  /** CPU time of all its threads so far, in nanoseconds. */
  cpuNs: bigint;
  /** Of that, the time in the kernel. */
  kernelCpuNs: bigint;
  /** Its own resident memory: anonymous and shared memory, without pages of files. */
  memoryBytes: number;
  /**
   * Bytes that it caused to be written to storage so far, with those of the children that it has waited for: the kernel
   * hands them on. undefined where it does not tell, or not this user.
   */
  writtenBytes: bigint | undefined;
};

function newAccount(): ProcessAccount {
  return {
    alive: true,
    parentPid: '0',
    threadNs: new Map(),
    endedThreadsNs: 0n,
    cpuNs: 0n,
    kernelCpuNs: 0n,
    memoryBytes: 0,
    writtenBytes: undefined,
  };
}

// USER_HZ: the unit of /proc/PID/stat, 100 on every architecture that Node runs on
const nsPerTick = 10_000_000n;

/**
 * Brings an account up to date. CPU time has two sources, the larger counts: the threads' schedstat is exact to the
 * scheduler's tick but forgets threads that ended between two readings; stat remembers them, in steps of 10 ms.
 * @param files undefined when the process is gone.
 */
function updateAccount(account: ProcessAccount, files: FilesOfProcess | undefined): void {
  if (files !== undefined) {
    const { userTicks, systemTicks, parentPid } = parseStat(files.stat);
    account.parentPid = String(parentPid);
    account.kernelCpuNs = BigInt(systemTicks) * nsPerTick;
    const byProcess = BigInt(userTicks + systemTicks) * nsPerTick;
    for (const ns of [byProcess, threadsNs(account, files.threads)]) {
      if (ns > account.cpuNs) account.cpuNs = ns;
    }
  }
  const memoryBytes = parseMemoryBytes(files?.status ?? '');
  account.alive = memoryBytes !== undefined;
  account.memoryBytes = memoryBytes ?? 0;
  if (account.alive) account.writtenBytes = parseWrittenBytes(files?.io ?? '') ?? account.writtenBytes;
}

function threadsNs(account: ProcessAccount, texts: FilesOfProcess['threads']): bigint {
  for (const [id, ns] of account.threadNs) {
    if (id in texts) continue;
    account.endedThreadsNs += ns;
    account.threadNs.delete(id);
  }
  let sum = account.endedThreadsNs;
  for (const [id, text] of Object.entries(texts)) {
    const ns = BigInt(text.split(' ', 1)[0] ?? '0');
    account.threadNs.set(id, ns);
    sum += ns;
  }
  return sum;
}

/**
 * Reads /proc/PID/status (proc_pid_status(5)): its numbers are in kB whatever the page size is.
 * @returns anonymous and shared memory; undefined for a process that has ended, which has no such lines.
 */
function parseMemoryBytes(text: string): number | undefined {
  const [anonymous, shared] = [/^RssAnon:\s+(\d+) kB$/m, /^RssShmem:\s+(\d+) kB$/m].map((line) =>
    line.exec(text),
  );
  return anonymous && shared ? (Number(anonymous[1]) + Number(shared[1])) * 1024 : undefined;
}

/**
 * Reads /proc/PID/io (proc_pid_io(5)).
 * @returns the bytes that the process caused to be sent to storage; undefined when the text does not tell.
 */
export function parseWrittenBytes(text: string): bigint | undefined {
  // "cancelled_write_bytes" ends alike
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(text) ?? [];
  return bytes === undefined ? undefined : BigInt(bytes);
}

const nsPerMs = 1_000_000;
const pidusageOptions = { maxage: 60_000 };

/**
 * Meters processes with `pidusage`, for hosts without /proc: CPU time in whole milliseconds, 0.2 ms a reading. Its memory is
 * the resident set with mapped files: it compares with other readings by `pidusage` alone, and the scope says so.
 */
export function pidusageMeter({ scope, pids }: ProcessScope): Meter {
  const cpuMsByPid = new Map<number, number>();
  return {
    scope: `${scope} (by pidusage: resident set with mapped files)`,
    read: async () => {
      const asked = [...pids()];
      const atNs = process.hrtime.bigint();
      // a pid that has ended makes the whole call fail, so each is asked by itself
      const replies = await Promise.all(
        asked.map((pid) => pidusage(pid, pidusageOptions).catch(() => undefined)),
      );
      const alive = replies.filter((reply) => reply !== undefined);
      if (alive.length === 0) throw new Error(`nothing left to meter: ${scope} has ended`);
      for (const { pid, ctime } of alive) cpuMsByPid.set(pid, ctime);
      const cpuMs = [...cpuMsByPid.values()].reduce((sum, ms) => sum + ms, 0);
      return {
        atNs,
        cpuNs: BigInt(Math.round(cpuMs * nsPerMs)),
        memoryBytes: alive.reduce((sum, { memory }) => sum + memory, 0),
      };
    },
    close: () => {
      // with a maxage it keeps a timer and a history of its own
      pidusage.clear();
      return Promise.resolve();
    },
  };
}
