import pidusage from 'pidusage';
import type { Meter, ProcessScope } from './meter.ts';

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
