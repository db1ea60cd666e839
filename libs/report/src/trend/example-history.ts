import type { HistoryLine } from '@tare/results';

/** Figures of one environment of the example before its changes. */
const levels = {
  native: { startupMs: 84, throughputRps: 7100, latencyP50Ms: 0.9, memoryNetMiB: 78 },
  docker: { startupMs: 290, throughputRps: 6600, latencyP50Ms: 1, memoryNetMiB: 79 },
  vagrant: { startupMs: 11_000, throughputRps: 1400, latencyP50Ms: 4.1, memoryNetMiB: 80 },
} as const;

/**
 * A made-up history of daily runs for tests, by time: throughput in docker falls by 12 % at the run of place `dropAt`, all
 * else is noise of 1 %. The same arguments give the same history.
 */
export function exampleHistory(runs: number, dropAt = Infinity): readonly HistoryLine[] {
  const random = seededRandom(20260301);
  return Array.from({ length: runs }, (_, run) => ({
    schema: 1,
    id: `run-${run}`,
    startedAt: new Date(Date.UTC(2026, 2, 1 + run, 10)).toISOString(),
    commit: `${(0xabc1200 + run).toString(16)}${'0'.repeat(33)}`,
    dirty: false,
    hostFingerprint: '0123456789ab',
    host: {
      cpuModel: 'Example CPU @ 3.00GHz',
      cores: 4,
      memoryGiB: 16,
      kernel: 'Linux 6.12',
      virtualised: 'none',
      node: 'v24.21.0',
    },
    rounds: 12,
    seed: run,
    baseline: 'native',
    twin: 'native (twin)',
    workloads: [{ name: 'primes', conditions: 'ba9876543210', artifact: null }],
    environments: [
      { name: 'native', kind: 'native', emulated: false },
      { name: 'native (twin)', kind: 'native', emulated: false },
      { name: 'docker', kind: 'docker', emulated: false },
      { name: 'vagrant', kind: 'vagrant', emulated: true },
    ],
    figures: Object.entries(levels).flatMap(([environment, metrics]) =>
      Object.entries(metrics).map(([metric, level]) => {
        const drops = environment === 'docker' && metric === 'throughputRps' && run >= dropAt;
        const noise = 1 + 0.02 * (random() + random() - 1);
        const mean = Number((level * noise * (drops ? 0.88 : 1)).toPrecision(7));
        const ci95: [number, number] = [mean * 0.99, mean * 1.012];
        return { workload: 'primes', environment, metric, n: 12, mean, ci95, median: mean };
      }),
    ),
    comparisons: [],
  }));
}

/** Uniform numbers from 0 to 1: a linear congruential generator (Numerical Recipes, "quick and dirty"). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
