import type { Trial } from '@tare/results';

/** A sound trial of made-up figures for the tests of this library; a few of them to choose. */
export function exampleTrial(given: {
  readonly environment: string;
  readonly round: number;
  readonly throughputRps?: number;
}): Trial {
  const { environment, round, throughputRps = 1000 } = given;
  const use = { cpu: { percent: 50, msPerRequest: 1 }, memory: { meanMiB: 50, peakMiB: 60 } };
  return {
    workload: 'primes',
    round,
    attempt: 1,
    order: 1,
    environment,
    startedAt: '2026-01-01T00:00:00.000Z',
    startup: { kind: 'cold', readyMs: 90, pollErrorMs: 1, polls: 40, milestones: [] },
    load: {
      mode: 'closed',
      connections: 8,
      durationMs: 3000,
      requests: 3000,
      errors: 0,
      timeouts: 0,
      throughputRps,
      latencyMs: { mean: 8, p50: 8, p90: 9, p95: 9, p99: 10, max: 12 },
      histogram: '',
      generator: { name: 'autocannon', cpuPercent: 20 },
    },
    open: null,
    cpu: { net: use.cpu, gross: use.cpu },
    memory: { net: use.memory, gross: use.memory },
    disk: { netWrittenMiB: 0, grossWrittenMiB: 0, netWrittenKiBPerRequest: 0, writeLatencyMs: null },
    host: { foreignCpus: 0, stealPercent: 0, throttledMs: null, clockMHz: null },
    violations: [],
    samples: [],
  };
}
