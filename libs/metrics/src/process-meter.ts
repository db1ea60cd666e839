import type { Meter, MeterReading } from './meter.ts';
import type { ProcessScope } from './process-scope.ts';
import { readDiskWrites } from './host/read-disk-writes.ts';
import { watchProcess, type WatchedProcess } from './proc/watched-process.ts';
import { findProcess } from './proc/process-table.ts';
import { pidusageMeter } from './pidusage-meter.ts';

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
    const memoryBytes = processes.reduce((sum, each) => sum + each.memoryBytes(), 0);
    if (!processes.some((each) => each.alive())) throw new Error(`nothing left to meter: ${scope} has ended`);
    const writtenBytes = readWritten();
    const diskWrites = readDiskWrites();
    return {
      atNs,
      cpuNs,
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
