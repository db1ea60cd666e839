import type { Meters } from '@tare/environment';
import type { MeterReading } from '@tare/metrics';
import type { Trial, TrialSample } from '@tare/results';

/** What the meters of an instance read at one moment; without what is not metered. */
type SamplePair = {
  readonly net?: MeterReading | undefined;
  readonly gross?: MeterReading | undefined;
};

/** Reads the meters of an instance at the start and the end of a load window, at an interval in between, and around an idle time before it. */
export interface WindowSampler {
  /** At the start and at the end of the idle time. */
  readonly idle: () => void;
  readonly begin: () => void;
  readonly end: () => void;
  /** @returns the readings in order of time, at least two; none where nothing is metered. @throws Error when a reading failed or one moment was missed. */
  samples(): Promise<readonly SamplePair[]>;
  /** @returns the two readings of the idle time; none where there was no such time. */
  idleReadings(): Promise<readonly SamplePair[]>;
  /** @returns the readings that succeeded so far, for a trial that failed. Never rejects. */
  soFar(): Promise<readonly SamplePair[]>;
  /** Reads no more, whether or not the window has come to its end. */
  readonly stop: () => void;
}

/** @param intervalMs pause between two readings. */
export function windowSampler({ net, gross }: Meters, intervalMs: number): WindowSampler {
  const ofIdle: Promise<SamplePair>[] = [];
  const readings: Promise<SamplePair>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let moments = 0;
  const take = (list: Promise<SamplePair>[]): void => {
    if (net === undefined && gross === undefined) return;
    const ofNet = net?.read();
    // where the environment adds nothing both are one meter, and one reading serves for both
    const ofGross = gross === net ? ofNet : gross?.read();
    const reading = Promise.all([ofNet, ofGross]).then(([first, second]) => ({
      net: first,
      gross: second,
    }));
    // samples() reports a failure; until then it must not count as unhandled
    reading.catch(() => undefined);
    list.push(reading);
  };
  return {
    idle: () => {
      take(ofIdle);
    },
    begin: () => {
      moments += 1;
      take(readings);
      timer = setInterval(() => {
        take(readings);
      }, intervalMs);
    },
    end: () => {
      moments += 1;
      clearInterval(timer);
      take(readings);
    },
    samples: async () => {
      clearInterval(timer);
      if (moments !== 2) throw new Error('the load generator did not tell where its window lay');
      return Promise.all(readings);
    },
    idleReadings: () => Promise.all(ofIdle),
    soFar: async () => {
      clearInterval(timer);
      const settled = await Promise.allSettled(readings);
      return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

const bytesPerMiB = 1024 * 1024;

type Use = Pick<Trial, 'cpu' | 'memory'>;
type CpuUse = NonNullable<Use['cpu']['net']>;
type MemoryUse = NonNullable<Use['memory']['net']>;

/**
 * CPU and memory over the window, net and gross, without what is not metered. CPU is the difference of the first and the last reading over the time
 * between them; the mean of sampled percentages would be biased. What the environment adds to the CPU is at least 0:
 * readings of net and gross are a moment apart, and their idle times are samples.
 * @param throughputRps of the same window; the CPU time per request follows from both rates.
 * @param slices if it was loaded in slices: their total length, and the readings of an idle time. What an
 *   instance uses when idle (timers, helpers) it also uses during the slices of the others, and that is not
 *   due to its requests.
 * @throws Error when there is a single reading.
 */
export function resourceUse(
  readings: readonly SamplePair[],
  throughputRps: number,
  slices?: { readonly loadedMs: number; readonly idle: readonly SamplePair[] },
): Use {
  const burntIn = (scope: keyof SamplePair): Burnt | undefined => {
    const own = readingsOf(readings, scope);
    if (own.length === 0) return undefined;
    const window = spanOf(own);
    if (window === undefined) {
      throw new Error('a window needs a meter reading at its begin and at its end');
    }
    const idle = slices && spanOf(readingsOf(slices.idle, scope));
    if (slices === undefined || idle === undefined) return window;
    const timesIdle = Math.max(0, window.ns - slices.loadedMs * 1e6) / idle.ns;
    return {
      ns: window.ns,
      cpuNs: window.cpuNs - timesIdle * idle.cpuNs,
      kernelNs: window.kernelNs === null ? null : window.kernelNs - timesIdle * (idle.kernelNs ?? 0),
    };
  };
  const [net, gross] = [burntIn('net'), burntIn('gross')];
  const useOf = ({ ns, cpuNs, kernelNs }: Burnt): CpuUse => {
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
    cpu: {
      ...(net && { net: useOf(net) }),
      ...(gross && { gross: useOf({ ...gross, cpuNs: Math.max(net?.cpuNs ?? 0, gross.cpuNs) }) }),
    },
    memory: {
      ...(net && { net: memoryOf(readingsOf(readings, 'net')) }),
      ...(gross && { gross: memoryOf(readingsOf(readings, 'gross')) }),
    },
  };
}

function readingsOf(pairs: readonly SamplePair[], scope: keyof SamplePair): readonly MeterReading[] {
  return pairs.flatMap((pair) => pair[scope] ?? []);
}

function memoryOf(readings: readonly MeterReading[]): MemoryUse {
  const memory = readings.map(toMiB);
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

/** The readings as they go into the run file: times and CPU since the start of the window. */
export function trialSamples(pairs: readonly SamplePair[]): TrialSample[] {
  const [begin = {}] = pairs;
  return pairs.flatMap(({ net, gross }) => {
    const [now, first] = net === undefined ? [gross, begin.gross] : [net, begin.net];
    if (now === undefined || first === undefined) return [];
    return [
      {
        atMs: toMs(now.atNs - first.atNs),
        ...(net && begin.net && { netCpuMs: toMs(net.cpuNs - begin.net.cpuNs), netMiB: toMiB(net) }),
        ...(gross &&
          begin.gross && { grossCpuMs: toMs(gross.cpuNs - begin.gross.cpuNs), grossMiB: toMiB(gross) }),
      },
    ];
  });
}

function toMiB({ memoryBytes }: MeterReading): number {
  return memoryBytes / bytesPerMiB;
}

function toMs(ns: bigint): number {
  return Number(ns) / 1e6;
}

const bytesPerKiB = 1024;

/**
 * What was written to storage over the window, and how long the disks took for a write (iostat's w_await): those that the
 * app sees, in a VM its own.
 * @param requests replies of the window.
 * @returns null for a scope whose meter does not tell.
 */
export function diskUse(samples: readonly SamplePair[], requests: number): Trial['disk'] {
  const net = written(readingsOf(samples, 'net'));
  const gross = written(readingsOf(samples, 'gross'));
  return {
    netWrittenMiB: net === null ? null : net / bytesPerMiB,
    grossWrittenMiB: gross === null ? null : gross / bytesPerMiB,
    netWrittenKiBPerRequest: net === null || requests === 0 ? null : net / bytesPerKiB / requests,
    writeLatencyMs: net === null || net === 0 ? null : writeLatencyMs(readingsOf(samples, 'net')),
  };
}

function written(readings: readonly MeterReading[]): number | null {
  const [first, last] = [readings[0]?.writtenBytes, readings.at(-1)?.writtenBytes];
  return first === undefined || last === undefined ? null : Math.max(0, Number(last - first));
}

/** @returns null where the disks are not in sight, or wrote nothing. */
function writeLatencyMs(readings: readonly MeterReading[]): number | null {
  const [first, last] = [readings[0]?.diskWrites, readings.at(-1)?.diskWrites];
  if (first === undefined || last === undefined || last.count <= first.count) return null;
  return Number(last.tookMs - first.tookMs) / Number(last.count - first.count);
}
