import { mean } from '@tare/statistics';
import type { Trial } from './run-file.ts';

/** A figure of a trial: how to read it and how to judge it. */
export type Metric = {
  /** Key in `summary` and in `comparisons`; names its unit. */
  readonly key: string;
  readonly label: string;
  /** Unit to show: "ms", "req/s", "%", "MiB", "". */
  readonly unit: string;
  readonly direction: 'lower' | 'higher';
  /** Relative difference that does not matter by default, as a share; a configuration may set another. */
  readonly margin: number;
  /**
   * Whether comparisons of it get a verdict. One metric of each kind does: the mean of a quantity that has quantiles, or a share
   * of a CPU that is always full, says nothing more.
   */
  readonly judged: boolean;
  /** Requests that the window of every trial must hold for a verdict. */
  readonly fewestRequests?: number;
  /** The figure of one trial; null when the trial has none. */
  readonly of: (trial: Trial) => number | null;
  /** Of a gross figure the part that the app itself uses: the rest is the tare. */
  readonly netOf?: (trial: Trial) => number | null;
};

/**
 * The window that the latencies of a trial are taken from: that of the open loop where there was one, else that of the closed
 * loop; undefined of a round whose open loop was left out, because every latency was decided.
 */
export function latencyWindowOf({
  openLeftOut,
  open,
  load,
}: Trial): Trial['load'] | NonNullable<Trial['open']> | undefined {
  return openLeftOut === true ? undefined : (open ?? load);
}

/** Whether it is the key of a metric that is taken from the window of latencies. */
export function isLatency(key: string): boolean {
  return key.startsWith('latency');
}

function latencyOf(trial: Trial): Partial<Trial['load']['latencyMs']> {
  return latencyWindowOf(trial)?.latencyMs ?? {};
}

/** Whether a trial has no figure of a metric because its environment could not be metered, or was not started by the run. */
export function isNotMeasured({ key, of }: Metric, trial: Trial): boolean {
  const lacks =
    (trial.notMetered !== undefined && /^(?:cpu|memory)/.test(key)) ||
    (trial.startup === undefined && key === 'startupMs');
  return lacks && of(trial) === null;
}

/**
 * How long a start of a trial's environment took in its round, in milliseconds: the geometric mean of the burst of starts and
 * of the trial's own. With it, ratios of equal copies varied by 3.5 to 5.5 % from round to round, by 4.9 to 6.7 % without.
 */
export function startMsOf(trial: Trial): number | null {
  const [first = null, ...others] = burstOf(trial);
  return first === null || others.length === 0 ? first : Math.exp(mean([first, ...others].map(Math.log)));
}

/** Times of the starts of a trial's environment in its round, in milliseconds: the burst, and the trial's own. */
export function burstOf({ startup }: Trial): readonly number[] {
  return startup === undefined ? [] : [...(startup.starts ?? []), startup.readyMs];
}

/** A workload that writes nothing has no such figure. */
function writtenOf({ disk }: Trial): number | null {
  return disk.netWrittenMiB === 0 ? null : disk.netWrittenKiBPerRequest;
}

/**
 * Gross − net of a trial, in the unit of the metric; null of a metric without the two, and where one was not measured. Two meters
 * are never read at the same instant, so the net one may be ahead by a hair: that is no tare below 0.
 */
export function tareOf({ of, netOf }: Metric, trial: Trial): number | null {
  const [gross, net] = [of(trial), netOf?.(trial) ?? null];
  return gross === null || net === null ? null : Math.max(0, gross - net);
}

/** What is not spent in the kernel; null where that is not known. */
function userOf({ msPerRequest, kernelMsPerRequest }: Partial<NonNullable<Trial['cpu']['net']>> = {}):
  number | null {
  if (typeof msPerRequest !== 'number' || typeof kernelMsPerRequest !== 'number') return null;
  return Math.max(0, msPerRequest - kernelMsPerRequest);
}

function errorsOf({ load, open }: Trial): number {
  return load.errors + load.timeouts + (open === null ? 0 : open.errors + open.timeouts);
}

/** With fewer requests a p99 rests on fewer than ten of them, and more rounds do not help. */
export const requestsForP99 = 1000;

/** Every metric of a run, in the order in which they are shown. */
// A table reads best with one metric per line.
// prettier-ignore
export const metricCatalogue = [
  { key: 'startupMs', label: 'Startup', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => (t.startup?.kind === 'cold' ? startMsOf(t) : null) },
  { key: 'restartMs', label: 'Restart', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => (t.startup?.kind === 'restart' ? t.startup.readyMs : null) },
  { key: 'throughputRps', label: 'Throughput', unit: 'req/s', direction: 'higher', margin: 0.02, judged: true, of: (t) => t.load.throughputRps },
  { key: 'latencyMeanMs', label: 'Latency mean', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => latencyOf(t).mean ?? null },
  { key: 'latencyP50Ms', label: 'Latency p50', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => latencyOf(t).p50 ?? null },
  { key: 'latencyP90Ms', label: 'Latency p90', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => latencyOf(t).p90 ?? null },
  { key: 'latencyP95Ms', label: 'Latency p95', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => latencyOf(t).p95 ?? null },
  { key: 'latencyP99Ms', label: 'Latency p99', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, fewestRequests: requestsForP99, of: (t) => latencyOf(t).p99 ?? null },
  { key: 'cpuNetPercent', label: 'CPU net', unit: '%', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.cpu.net?.percent ?? null },
  { key: 'cpuGrossPercent', label: 'CPU gross', unit: '%', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.cpu.gross?.percent ?? null },
  { key: 'cpuNetMsPerRequest', label: 'CPU net per request', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => t.cpu.net?.msPerRequest ?? null },
  { key: 'cpuGrossMsPerRequest', label: 'CPU gross per request', unit: 'ms', direction: 'lower', margin: 0.05, judged: true, of: (t) => t.cpu.gross?.msPerRequest ?? null, netOf: (t) => t.cpu.net?.msPerRequest ?? null },
  { key: 'cpuNetUserMsPerRequest', label: 'CPU net per request, user', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => userOf(t.cpu.net) },
  { key: 'cpuNetKernelMsPerRequest', label: 'CPU net per request, kernel', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.cpu.net?.kernelMsPerRequest ?? null },
  { key: 'cpuGrossUserMsPerRequest', label: 'CPU gross per request, user', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => userOf(t.cpu.gross) },
  { key: 'cpuGrossKernelMsPerRequest', label: 'CPU gross per request, kernel', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.cpu.gross?.kernelMsPerRequest ?? null },
  { key: 'memoryNetMiB', label: 'Memory net', unit: 'MiB', direction: 'lower', margin: 0.05, judged: true, of: (t) => t.memory.net?.meanMiB ?? null },
  { key: 'memoryNetPeakMiB', label: 'Memory net peak', unit: 'MiB', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.memory.net?.peakMiB ?? null },
  { key: 'memoryGrossMiB', label: 'Memory gross', unit: 'MiB', direction: 'lower', margin: 0.05, judged: true, of: (t) => t.memory.gross?.meanMiB ?? null, netOf: (t) => t.memory.net?.meanMiB ?? null },
  { key: 'writtenKiBPerRequest', label: 'Written per request', unit: 'KiB', direction: 'lower', margin: 0.05, judged: false, of: (t) => writtenOf(t) },
  { key: 'writeLatencyMs', label: 'Disk write', unit: 'ms', direction: 'lower', margin: 0.05, judged: false, of: (t) => t.disk.writeLatencyMs },
  { key: 'errors', label: 'Errors', unit: '', direction: 'lower', margin: 0.05, judged: false, of: errorsOf },
] as const satisfies readonly Metric[];

export type MetricKey = (typeof metricCatalogue)[number]['key'];
