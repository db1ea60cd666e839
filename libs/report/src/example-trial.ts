import type { Trial, Violation } from '@tare/results';
import { exampleHistograms } from './example-histograms.ts';

/** How an environment of the example differs from the native one: factors, and what it adds. */
export type ExampleWeights = {
  readonly coldMs: number;
  readonly startup: number;
  readonly speed: number;
  readonly latency: number;
  readonly netMemory: number;
  readonly tareCpu: number;
  readonly tareMiB: number;
  /** What is reached before the app's process runs, with its share of the startup. */
  readonly milestones: Readonly<Record<string, number>>;
};

export type ExampleOptions = {
  readonly workload: string;
  readonly environment: string;
  readonly weights: ExampleWeights;
  readonly round: number;
  readonly order: number;
  readonly attempt: number;
  /** A machine boots in some rounds; in the others its service is restarted. */
  readonly restarted: boolean;
  /** What the host did to all trials of the round, as a factor on speed. */
  readonly drift: number;
  readonly rateRps: number;
  readonly violations: readonly Violation[];
  /** Uniform from 0 to 1. */
  readonly random: () => number;
};

const windowMs = 5000;
const sampleMs = 250;

/** One made-up trial; its figures are as far apart as the weights say, with noise of about 1.5 %. */
export function exampleTrial(options: ExampleOptions): Trial {
  const { workload, environment, weights, round, order, attempt, restarted, drift, rateRps } = options;
  const noisy = (value: number, spread = 0.05) =>
    Number((value * (1 + spread * (options.random() - 0.5))).toPrecision(6));
  const throughputRps = noisy((workload === 'primes' ? 7100 : 21000) * weights.speed * drift);
  const requests = Math.round((throughputRps * windowMs) / 1000);
  const planned = Math.round((rateRps * windowMs) / 1000);
  const closedMeanMs = 8000 / throughputRps;
  const openMeanMs = noisy(((workload === 'primes' ? 0.19 : 0.08) * weights.latency) / drift);
  const netPercent = noisy(96, 0.02);
  const netMiB = noisy(78 * weights.netMemory);
  const grossMiB = netMiB + (weights.tareMiB === 0 ? 0 : noisy(weights.tareMiB));
  const readyMs = noisy((restarted ? 0.2 : 1) * (weights.coldMs + (84 * weights.startup) / drift), 0.08);
  // native, its twin and the namespace are alike
  const histogram =
    exampleHistograms[`${workload} ${environment}`] ?? exampleHistograms[`${workload} native`] ?? '';
  const cpu = (percent: number) => ({ percent, msPerRequest: (percent * windowMs) / 100 / requests });
  const grossPercent = netPercent * (1 + weights.tareCpu);
  return {
    workload,
    round,
    attempt,
    order,
    environment,
    startedAt: new Date(Date.UTC(2026, 2, 1, 10, round, order * 5)).toISOString(),
    startup: {
      kind: restarted ? 'restart' : 'cold',
      readyMs,
      pollErrorMs: 1,
      polls: 40,
      milestones: milestonesOf(restarted ? {} : weights.milestones, readyMs),
    },
    load: {
      mode: 'closed',
      connections: 8,
      durationMs: windowMs,
      requests,
      errors: environment === 'vagrant' && round === 1 ? 3 : 0,
      timeouts: 0,
      throughputRps,
      latencyMs: latencies(closedMeanMs, noisy),
      histogram,
      generator: { name: 'autocannon', cpuPercent: 55 },
    },
    open: {
      mode: 'open',
      rateRps,
      durationMs: windowMs,
      planned,
      requests: planned,
      errors: 0,
      timeouts: 0,
      lateSends: 2,
      maxLateMs: 1.4,
      latencyMs: latencies(openMeanMs, noisy),
      histogram,
      generator: { name: 'undici', cpuPercent: 48 },
    },
    cpu: { net: cpu(netPercent), gross: cpu(grossPercent) },
    memory: {
      net: { meanMiB: netMiB, peakMiB: netMiB * 1.1 },
      gross: { meanMiB: grossMiB, peakMiB: grossMiB * 1.1 },
    },
    disk: { netWrittenMiB: 0, grossWrittenMiB: 0, netWrittenKiBPerRequest: 0, writeLatencyMs: null },
    host: { foreignCpus: noisy(0.03), stealPercent: 0.1, throttledMs: 0, clockMHz: [2990, 2995] },
    violations: [...options.violations],
    samples: Array.from({ length: windowMs / sampleMs + 1 }, (_, index) => {
      const atMs = index * sampleMs;
      // the heap fills in the first second
      const grown = 0.85 + 0.15 * Math.min(1, atMs / 1000);
      const netCpuMs = (atMs * netPercent) / 100;
      const grossCpuMs = (atMs * grossPercent) / 100;
      const own = noisy(netMiB * grown, 0.02);
      return { atMs, netCpuMs, grossCpuMs, netMiB: own, grossMiB: own + grossMiB - netMiB };
    }),
  };
}

function latencies(mean: number, noisy: (value: number) => number): Trial['load']['latencyMs'] {
  const p99 = noisy(mean * 2.9);
  return { mean, p50: mean * 0.9, p90: mean * 1.4, p95: noisy(mean * 1.8), p99, max: p99 * 4 };
}

function milestonesOf(before: Readonly<Record<string, number>>, readyMs: number) {
  const shares = Object.entries({ ...before, listening: 0.93, ready: 1 });
  return shares.map(([name, share]) => ({ name, atMs: Number((share * readyMs).toFixed(3)) }));
}
