import type { Meter } from './meter.ts';

/**
 * Adds meters up: CPU time, memory, bytes written and time of throttling. Use it for scopes of one machine that do not
 * overlap. A part that has ended counts with its last CPU time and bytes and no memory; when all have ended, reading throws.
 */
export function sumMeter(scope: string, meters: readonly Meter[]): Meter {
  const lastCpuNs = new Map<Meter, bigint>();
  const lastWritten = new Map<Meter, bigint>();
  return {
    scope,
    read: async () => {
      const atNs = process.hrtime.bigint();
      const readings = await Promise.all(
        meters.map(async (meter) => {
          const reading = await meter.read().catch(() => undefined);
          if (reading !== undefined) lastCpuNs.set(meter, reading.cpuNs);
          if (reading?.writtenBytes !== undefined) lastWritten.set(meter, reading.writtenBytes);
          return reading;
        }),
      );
      const alive = readings.filter((reading) => reading !== undefined);
      if (alive.length === 0) throw new Error(`nothing left to meter: ${scope} has ended`);
      const diskWrites = alive.find((reading) => reading.diskWrites)?.diskWrites;
      const throttled = alive.flatMap(({ throttledNs }) => throttledNs ?? []);
      return {
        atNs,
        cpuNs: sumOf(lastCpuNs.values()),
        memoryBytes: alive.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
        ...(lastWritten.size > 0 && { writtenBytes: sumOf(lastWritten.values()) }),
        ...(diskWrites !== undefined && { diskWrites }),
        ...(throttled.length > 0 && { throttledNs: sumOf(throttled) }),
      };
    },
    close: async () => {
      await Promise.all(meters.map((meter) => meter.close()));
    },
  };
}

function sumOf(figures: Iterable<bigint>): bigint {
  return [...figures].reduce((sum, figure) => sum + figure, 0n);
}
