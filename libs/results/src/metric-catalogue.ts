import type { Trial } from './run-file.ts';

/** A figure of a trial: how to read it and how to judge it. */
export type Metric = {
  /** Key in `summary` and in `comparisons`; names its unit. */
  readonly key: string;
  readonly label: string;
  /** Unit to show: "ms", "req/s", "%", "MiB", "". */
  readonly unit: string;
  readonly direction: 'lower' | 'higher';
  /** The figure of one trial; null when the trial has none. */
  readonly of: (trial: Trial) => number | null;
};

/** Every metric of a run, in the order in which they are shown. */
// A table reads best with one metric per line.
// prettier-ignore
export const metricCatalogue = [
  { key: 'startupMs', label: 'Startup', unit: 'ms', direction: 'lower', of: (t) => (t.startup.kind === 'cold' ? t.startup.readyMs : null) },
  { key: 'restartMs', label: 'Restart', unit: 'ms', direction: 'lower', of: (t) => (t.startup.kind === 'restart' ? t.startup.readyMs : null) },
  { key: 'throughputRps', label: 'Throughput', unit: 'req/s', direction: 'higher', of: (t) => t.load.throughputRps },
  { key: 'latencyMeanMs', label: 'Latency mean', unit: 'ms', direction: 'lower', of: (t) => t.load.latencyMs.mean },
  { key: 'latencyP50Ms', label: 'Latency p50', unit: 'ms', direction: 'lower', of: (t) => t.load.latencyMs.p50 },
  { key: 'latencyP90Ms', label: 'Latency p90', unit: 'ms', direction: 'lower', of: (t) => t.load.latencyMs.p90 },
  { key: 'latencyP95Ms', label: 'Latency p95', unit: 'ms', direction: 'lower', of: (t) => t.load.latencyMs.p95 },
  { key: 'latencyP99Ms', label: 'Latency p99', unit: 'ms', direction: 'lower', of: (t) => t.load.latencyMs.p99 },
  { key: 'cpuNetPercent', label: 'CPU net', unit: '%', direction: 'lower', of: (t) => t.cpu.net.percent },
  { key: 'cpuGrossPercent', label: 'CPU gross', unit: '%', direction: 'lower', of: (t) => t.cpu.gross.percent },
  { key: 'cpuNetMsPerRequest', label: 'CPU net per request', unit: 'ms', direction: 'lower', of: (t) => t.cpu.net.msPerRequest },
  { key: 'cpuGrossMsPerRequest', label: 'CPU gross per request', unit: 'ms', direction: 'lower', of: (t) => t.cpu.gross.msPerRequest },
  { key: 'memoryNetMiB', label: 'Memory net', unit: 'MiB', direction: 'lower', of: (t) => t.memory.net.meanMiB },
  { key: 'memoryNetPeakMiB', label: 'Memory net peak', unit: 'MiB', direction: 'lower', of: (t) => t.memory.net.peakMiB },
  { key: 'memoryGrossMiB', label: 'Memory gross', unit: 'MiB', direction: 'lower', of: (t) => t.memory.gross.meanMiB },
  { key: 'errors', label: 'Errors', unit: '', direction: 'lower', of: (t) => t.load.errors + t.load.timeouts },
] as const satisfies readonly Metric[];

export type MetricKey = (typeof metricCatalogue)[number]['key'];
