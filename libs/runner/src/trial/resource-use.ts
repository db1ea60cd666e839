import type { MeterReading } from '@tare/metrics';
import type { Trial, TrialSample } from '@tare/results';
import type { SamplePair } from './window-sampler.ts';

const bytesPerMiB = 1024 * 1024;

type Use = { readonly cpu: Trial['cpu']['net']; readonly memory: Trial['memory']['net'] };

/**
 * CPU and memory of one scope over the window. CPU is the difference of the first and the last reading over the time
 * between them; the mean of sampled percentages would be biased.
 * @param throughputRps of the same window; the CPU time per request follows from both rates.
 * @param loadedMs how long of that time it was under load, when it took turns with others; idle, it uses next to nothing.
 * @throws Error when there are fewer than two readings.
 */
export function resourceUse(
  readings: readonly MeterReading[],
  throughputRps: number,
  loadedMs?: number,
): Use {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || last.atNs <= first.atNs) {
    throw new Error('a window needs a meter reading at its begin and at its end');
  }
  const windowNs = loadedMs === undefined ? Number(last.atNs - first.atNs) : loadedMs * 1e6;
  const cpuShare = Number(last.cpuNs - first.cpuNs) / windowNs;
  const memory = readings.map(({ memoryBytes }) => memoryBytes / bytesPerMiB);
  return {
    cpu: {
      percent: cpuShare * 100,
      msPerRequest: throughputRps > 0 ? (cpuShare * 1000) / throughputRps : null,
    },
    memory: {
      meanMiB: memory.reduce((sum, each) => sum + each, 0) / memory.length,
      peakMiB: Math.max(...memory),
    },
  };
}

/** The readings as they go into the run file: times and CPU since the begin of the window. */
export function trialSamples(pairs: readonly SamplePair[]): TrialSample[] {
  const [begin] = pairs;
  if (begin === undefined) return [];
  return pairs.map(({ net, gross }) => ({
    atMs: toMs(net.atNs - begin.net.atNs),
    netCpuMs: toMs(net.cpuNs - begin.net.cpuNs),
    grossCpuMs: toMs(gross.cpuNs - begin.gross.cpuNs),
    netMiB: net.memoryBytes / bytesPerMiB,
    grossMiB: gross.memoryBytes / bytesPerMiB,
  }));
}

function toMs(ns: bigint): number {
  return Number(ns) / 1e6;
}
