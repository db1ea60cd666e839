import { z } from 'zod';
import type { Meter, MeterReading } from '@tare/metrics';
import type { Engine } from '../engine/connect-engine.ts';

const statsAnswer = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().default(0),
    stats: z.record(z.string(), z.number()).default({}),
  }),
});

/**
 * Meters a container by the engine's own statistics, one reading a second: for engines whose processes are out of reach
 * (Docker Desktop, another machine). A reading is the last one that came, with the time when it came.
 */
export function statsMeter(engine: Engine, name: string): Meter {
  const closing = new AbortController();
  const first = Promise.withResolvers<undefined>();
  first.promise.catch(() => undefined);
  let last: MeterReading | undefined;
  let end: Error | undefined;
  const follow = async (): Promise<void> => {
    const answer = engine.lines({
      method: 'GET',
      path: `/containers/${name}/stats`,
      query: { stream: true },
      signal: closing.signal,
      deadlineMs: dayMs,
    });
    for await (const line of answer) {
      const { cpu_stats, memory_stats } = statsAnswer.parse(line);
      const idle = memory_stats.stats.inactive_file ?? memory_stats.stats.total_inactive_file ?? 0;
      const cpuNs = BigInt(Math.round(cpu_stats.cpu_usage.total_usage));
      // the statistics of a container that has ended are all zero
      if (last !== undefined && cpuNs < last.cpuNs) break;
      last = { atNs: process.hrtime.bigint(), cpuNs, memoryBytes: Math.max(0, memory_stats.usage - idle) };
      first.resolve(undefined);
    }
    throw new Error(`nothing left to meter: the container ${name} has ended`);
  };
  follow().catch((error: unknown) => {
    end = error instanceof Error ? error : new Error(String(error));
    first.reject(end);
  });
  return {
    scope:
      'the container, by the statistics of the Engine API, one reading a second; memory without idle page cache',
    read: async () => {
      await first.promise;
      if (end !== undefined) throw end;
      if (last === undefined) throw new Error(`the engine has sent no statistics of ${name}`);
      return last;
    },
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

const dayMs = 86_400_000;
