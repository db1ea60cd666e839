import { readdirSync } from 'node:fs';
import { readDiskWrites } from './disk-writes.ts';
import type { Meter, MeterReading, ProcessScope } from './meter.ts';
import { openReader, type OpenReader } from './open-reader.ts';
import { pidusageMeter } from './pidusage-meter.ts';
import { findProcess, parseStat } from './process-table.ts';

/**
 * Meters processes: CPU time of all their threads, ended ones included, the sum of their own resident memory, and what
 * they wrote to storage.
 * Uses /proc through open descriptors; where there is no /proc, `pidusage`.
 */
export function processMeter(options: ProcessScope): Meter {
  return findProcess(process.pid) === undefined ? pidusageMeter(options) : procMeter(options);
}

function procMeter({ scope, pids }: ProcessScope): Meter {
  const watched = new Map<number, WatchedProcess>();
  const follow = (): void => {
    for (const pid of pids()) {
      if (watched.has(pid)) continue;
      try {
        watched.set(pid, watchProcess(pid));
      } catch {
        // ended between the listing and now
      }
    }
  };
  let lastWrittenBytes = 0n;
  const readWritten = (): bigint | undefined => {
    let sum = 0n;
    for (const each of watched.values()) {
      const bytes = each.writtenBytes();
      if (bytes === undefined && each.alive()) return undefined;
      // its parent has its account now, or has it as soon as it waits for it
      const handedOn = !each.alive() && watched.has(each.parentPid());
      if (!handedOn) sum += bytes ?? 0n;
    }
    if (sum > lastWrittenBytes) lastWrittenBytes = sum;
    return lastWrittenBytes;
  };
  const read = (): MeterReading => {
    follow();
    const processes = [...watched.values()];
    const atNs = process.hrtime.bigint();
    const cpuNs = processes.reduce((sum, each) => sum + each.cpuNs(), 0n);
    const kernelCpuNs = processes.reduce((sum, each) => sum + each.kernelCpuNs(), 0n);
    const memoryBytes = processes.reduce((sum, each) => sum + each.memoryBytes(), 0);
    if (!processes.some((each) => each.alive())) throw new Error(`nothing left to meter: ${scope} has ended`);
    const writtenBytes = readWritten();
    const diskWrites = readDiskWrites();
    return {
      atNs,
      cpuNs,
      kernelCpuNs,
      memoryBytes,
      ...(writtenBytes !== undefined && { writtenBytes }),
      ...(diskWrites !== undefined && { diskWrites }),
    };
  };
  return {
    scope,
    read: () =>
      new Promise((resolve) => {
        resolve(read());
      }),
    close: () => {
      for (const each of watched.values()) each.close();
      watched.clear();
      return Promise.resolve();
    },
  };
}

/** One process under watch. After its end it keeps its last CPU time and written bytes, and holds no memory. */
interface WatchedProcess {
  readonly alive: () => boolean;
  /** As of the last reading of its CPU time. */
  readonly parentPid: () => number;
  /** CPU time of all its threads so far, in nanoseconds. */
  cpuNs(): bigint;
  /** Of that, the time in the kernel, as of the last reading. */
  readonly kernelCpuNs: () => bigint;
  /** Its own resident memory in bytes: anonymous and shared memory, without pages of files. */
  memoryBytes(): number;
  /**
   * Bytes that it caused to be written to storage so far, with those of the children that it has waited for: the kernel
   * hands them on. undefined where it does not tell, or not this user.
   */
  writtenBytes(): bigint | undefined;
  close(): void;
}

// USER_HZ: the unit of /proc/PID/stat, 100 on every architecture that Node runs on
const nsPerTick = 10_000_000n;

/**
 * Watches a process through /proc. Two sources are joined, the larger counts: the threads' schedstat is exact to the
 * scheduler's tick but forgets threads that ended between two readings; stat remembers them, in steps of 10 ms.
 * @throws Error when the process is gone already.
 */
function watchProcess(pid: number): WatchedProcess {
  const stat = openReader(`/proc/${pid}/stat`);
  const status = openReader(`/proc/${pid}/status`);
  const threads = new Map<string, { readonly reader: OpenReader; ns: bigint }>();
  let endedThreadsNs = 0n;
  let lastCpuNs = 0n;
  let lastKernelNs = 0n;
  let lastParentPid = 0;
  let lastWrittenBytes: bigint | undefined;
  let alive = true;
  const io = openIfAllowed(`/proc/${pid}/io`);

  const readThreads = (): bigint => {
    const now = new Set(readdirSync(`/proc/${pid}/task`));
    for (const id of now) {
      if (threads.has(id)) continue;
      try {
        threads.set(id, { reader: openReader(`/proc/${pid}/task/${id}/schedstat`), ns: 0n });
      } catch {
        // ended since the listing, or a kernel without SCHED_INFO: stat alone counts then
      }
    }
    let sum = 0n;
    for (const [id, thread] of threads) {
      try {
        thread.ns = BigInt(thread.reader.read().split(' ', 1)[0] ?? '0');
        sum += thread.ns;
      } catch {
        endedThreadsNs += thread.ns;
        thread.reader.close();
        threads.delete(id);
      }
    }
    return sum + endedThreadsNs;
  };

  const readStat = (): bigint => {
    const { userTicks, systemTicks, parentPid } = parseStat(stat.read());
    lastParentPid = parentPid;
    lastKernelNs = BigInt(systemTicks) * nsPerTick;
    return BigInt(userTicks + systemTicks) * nsPerTick;
  };

  return {
    alive: () => alive,
    parentPid: () => lastParentPid,
    cpuNs: () => {
      if (!alive) return lastCpuNs;
      try {
        const [byThreads, byProcess] = [readThreads(), readStat()];
        const larger = byThreads > byProcess ? byThreads : byProcess;
        if (larger > lastCpuNs) lastCpuNs = larger;
      } catch {
        alive = false;
      }
      return lastCpuNs;
    },
    kernelCpuNs: () => lastKernelNs,
    memoryBytes: () => {
      if (!alive) return 0;
      try {
        // in kB whatever the page size is; a zombie has no such lines
        const text = status.read();
        const [anonymous, shared] = [/^RssAnon:\s+(\d+) kB$/m, /^RssShmem:\s+(\d+) kB$/m].map((line) =>
          line.exec(text),
        );
        if (anonymous && shared) return (Number(anonymous[1]) + Number(shared[1])) * 1024;
      } catch {
        // gone: falls through
      }
      alive = false;
      return 0;
    },
    writtenBytes: () => {
      try {
        if (alive && io !== undefined) lastWrittenBytes = parseWrittenBytes(io.read()) ?? lastWrittenBytes;
      } catch {
        // ended since, or of another user
      }
      return lastWrittenBytes;
    },
    close: () => {
      stat.close();
      status.close();
      io?.close();
      for (const { reader } of threads.values()) reader.close();
      threads.clear();
    },
  };
}

function openIfAllowed(path: string): OpenReader | undefined {
  try {
    return openReader(path);
  } catch {
    return undefined;
  }
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
