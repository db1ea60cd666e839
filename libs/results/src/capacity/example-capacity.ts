import type { CapacityFile } from './capacity-file.ts';

/** A made-up capacity file for tests: one environment, one step that meets the objective and one that misses it. */
export function exampleCapacity(): CapacityFile {
  const step = {
    workload: 'primes',
    environment: 'native',
    pass: 1,
    startedAt: '2026-01-31T12:00:00.000Z',
    rateRps: 50,
    durationMs: 3000,
    planned: 150,
    requests: 150,
    errors: 0,
    timeouts: 0,
    lateSends: 0,
    maxLateMs: 0.3,
    latencyMs: { mean: 5, p50: 5, p90: 6, p95: 7, p99: 9, max: 20 },
    sloLatencyMs: 9,
    histogram: 'HISTFAAAAA',
    generatorCpuPercent: 20,
    outcome: 'meets' as const,
  };
  return {
    schema: 1,
    id: '20260131-120000-abcdef',
    startedAt: '2026-01-31T12:00:00.000Z',
    finishedAt: '2026-01-31T12:08:00.000Z',
    seed: 42,
    host: {
      cpuModel: 'Example CPU',
      cores: 4,
      memoryMiB: 8192,
      kernel: 'Linux 6.1.0',
      os: 'Debian GNU/Linux 13',
      virtualised: 'none',
      node: 'v24.0.0',
    },
    config: {
      slo: { text: 'p99 ≤ 50 ms', percentile: 99, limitMs: 50 },
      workloads: [{ name: 'primes', requestPath: '/primecount?n=10', parameters: { n: 10 } }],
      environments: ['native'],
      passes: 1,
      windowMs: 3000,
      warmupMs: 2000,
      connections: 8,
      tolerance: 0.05,
      startRps: 50,
      maxRps: 100_000,
      resources: { cpus: 1, memoryMiB: 512, serverCpus: null, generatorCpus: null },
    },
    environments: [{ name: 'native', kind: 'native', facts: {}, status: 'measured' }],
    generatorRps: 6400,
    steps: [step, { ...step, rateRps: 100, sloLatencyMs: 900, outcome: 'misses' }],
    capacities: [
      {
        workload: 'primes',
        environment: 'native',
        highestRps: 50,
        lowestMissRps: 100,
        limit: 'steps',
        passes: [{ pass: 1, highestRps: 50, lowestMissRps: 100, limit: 'steps' }],
      },
    ],
    diagnostics: [],
  };
}
