import type { MeterReading } from '@tare/metrics';
import type { Trial, TrialSample } from '@tare/results';
import type { SamplePair } from './window-sampler.ts';

const bytesPerMiB = 1024 * 1024;

type Use = Pick<Trial, 'cpu' | 'memory'>;

/**
 * CPU and memory over the window, net and gross. CPU is the difference of the first and the last reading over the time
 * between them; the mean of sampled percentages would be biased. What the environment adds to the CPU is at least 0:
 * readings of net and gross are a moment apart, and their idle times are samples.
 * @param throughputRps of the same window; the CPU time per request follows from both rates.
 * @param slices where it was under load in slices only: how long they were in all, and the readings of an idle time. What
 *   it burns by itself (timers, helpers) it burns in the slices of the others, too, and that is not of its requests.
 * @throws Error when there are fewer than two readings.
 */
export function resourceUse(
  readings: readonly SamplePair[],
  throughputRps: number,
  slices?: { readonly loadedMs: number; readonly idle: readonly SamplePair[] },
): Use {
  const burntIn = (scope: keyof SamplePair): Burnt => {
    const window = spanOf(readings.map((pair) => pair[scope]));
    if (window === undefined) {
      throw new Error('a window needs a meter reading at its begin and at its end');
    }
    const idle = slices && spanOf(slices.idle.map((pair) => pair[scope]));
    if (slices === undefined || idle === undefined) return window;
    const timesIdle = Math.max(0, window.ns - slices.loadedMs * 1e6) / idle.ns;
    return {
      ns: window.ns,
      cpuNs: window.cpuNs - timesIdle * idle.cpuNs,
      kernelNs: window.kernelNs === null ? null : window.kernelNs - timesIdle * (idle.kernelNs ?? 0),
    };
  };
  const [net, gross] = [burntIn('net'), burntIn('gross')];
  const useOf = ({ ns, cpuNs, kernelNs }: Burnt): Use['cpu']['net'] => {
    const loadedNs = slices === undefined ? ns : slices.loadedMs * 1e6;
    const perRequest = (spentNs: number): number | null =>
      throughputRps > 0 ? (Math.max(0, spentNs) / loadedNs / throughputRps) * 1000 : null;
    return {
      percent: (Math.max(0, cpuNs) / loadedNs) * 100,
      msPerRequest: perRequest(cpuNs),
      kernelMsPerRequest: kernelNs === null ? null : perRequest(kernelNs),
    };
  };
  return {
    cpu: { net: useOf(net), gross: useOf({ ...gross, cpuNs: Math.max(net.cpuNs, gross.cpuNs) }) },
    memory: {
      net: memoryOf(readings.map((pair) => pair.net)),
      gross: memoryOf(readings.map((pair) => pair.gross)),
    },
  };
}

function memoryOf(readings: readonly MeterReading[]): Use['memory']['net'] {
  const memory = readings.map(({ memoryBytes }) => memoryBytes / bytesPerMiB);
  return {
    meanMiB: memory.reduce((sum, each) => sum + each, 0) / memory.length,
    peakMiB: Math.max(...memory),
  };
}

type Burnt = { readonly ns: number; readonly cpuNs: number; readonly kernelNs: number | null };

/** What lies between the first and the last reading; undefined where there are no two. */
function spanOf(readings: readonly MeterReading[]): Burnt | undefined {
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
