import type { MeterReading } from '@tare/metrics';
import type { Trial, TrialSample } from '@tare/results';
import type { SamplePair } from './window-sampler.ts';

const bytesPerMiB = 1024 * 1024;

type Use = { readonly cpu: Trial['cpu']['net']; readonly memory: Trial['memory']['net'] };

/**
 * CPU and memory of one scope over the window. CPU is the difference of the first and the last reading over the time
 * between them; the mean of sampled percentages would be biased.
 * @param throughputRps of the same window; the CPU time per request follows from both rates.
 * @param slices where it was under load in slices only: how long they were in all, and the readings of an idle time. What
 *   it burns by itself (timers, helpers) it burns in the slices of the others, too, and that is not of its requests.
 * @throws Error when there are fewer than two readings.
 */
export function resourceUse(
  readings: readonly MeterReading[],
  throughputRps: number,
  slices?: { readonly loadedMs: number; readonly idle: readonly MeterReading[] },
): Use {
  const window = spanOf(readings);
  if (window === undefined) {
    throw new Error('a window needs a meter reading at its begin and at its end');
  }
  const loadedNs = slices === undefined ? window.ns : slices.loadedMs * 1e6;
  const idle = slices === undefined ? undefined : spanOf(slices.idle);
  const idleShare = idle === undefined ? 0 : idle.cpuNs / idle.ns;
  const othersNs = Math.max(0, window.ns - loadedNs);
  const cpuNs = window.cpuNs - idleShare * othersNs;
  const cpuShare = Math.max(0, cpuNs) / loadedNs;
  const perRequest = (ns: number): number | null =>
    throughputRps > 0 ? (Math.max(0, ns) / loadedNs / throughputRps) * 1000 : null;
  const idleKernelNs = idle === undefined ? 0 : ((idle.kernelNs ?? 0) / idle.ns) * othersNs;
  const memory = readings.map(({ memoryBytes }) => memoryBytes / bytesPerMiB);
  return {
    cpu: {
      percent: cpuShare * 100,
      msPerRequest: perRequest(cpuNs),
      kernelMsPerRequest: window.kernelNs === null ? null : perRequest(window.kernelNs - idleKernelNs),
    },
    memory: {
      meanMiB: memory.reduce((sum, each) => sum + each, 0) / memory.length,
      peakMiB: Math.max(...memory),
    },
  };
}

/** What lies between the first and the last reading; undefined where there are no two. */
function spanOf(
  readings: readonly MeterReading[],
): { readonly ns: number; readonly cpuNs: number; readonly kernelNs: number | null } | undefined {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || last.atNs <= first.atNs) return undefined;
  const [before, after] = [first.kernelCpuNs, last.kernelCpuNs];
  return {
    ns: Number(last.atNs - first.atNs),
    cpuNs: Number(last.cpuNs - first.cpuNs),
    kernelNs: before === undefined || after === undefined ? null : Number(after - before),
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
