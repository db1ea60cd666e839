import { metricCatalogue } from '@tare/results';
import type { Comparison, EnvironmentResult, MetricSummary, RunFile, Trial } from '@tare/results';

/** How an environment of the example differs from the native one, as factors. */
type Weights = {
  readonly startup: number;
  readonly speed: number;
  readonly tareCpu: number;
  readonly tareMiB: number;
};

const weights: Readonly<Record<string, Weights>> = {
  native: { startup: 1, speed: 1, tareCpu: 0, tareMiB: 0 },
  docker: { startup: 3.4, speed: 0.93, tareCpu: 0.12, tareMiB: 31 },
  vagrant: { startup: 130, speed: 0.2, tareCpu: 0.8, tareMiB: 410 },
};
const studentT975 = [Infinity, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/**
 * A made-up run for tests of whatever reads run files: two workloads; native, docker and an emulated VM measured,
 * a failed and an unavailable environment with hostile text. The same number of rounds (1 to 10) gives the same run;
 * its ratios and verdicts are plausible, not computed as the suite does.
 */
export function exampleRun(rounds = 6): RunFile {
  const random = seededRandom(20260301);
  const names = Object.keys(weights);
  const workloads = [
    { name: 'primes', requestPath: '/primecount?n=300000', parameters: { n: 300000 } },
    { name: 'gallery', requestPath: '/gallery', parameters: {} },
  ].map((workload) => ({ ...workload, healthPath: '/health' }));
  const trials = workloads.flatMap(({ name: workload }) =>
    Array.from({ length: rounds }, (_, index) =>
      names.map((environment, place) => exampleTrial(workload, environment, index + 1, place + 1, random)),
    ).flat(),
  );
  const summary: RunFile['summary'] = {};
  const comparisons: Comparison[] = [];
  for (const { name: workload } of workloads) {
    summary[workload] = {};
    for (const environment of names) {
      const own = trials.filter((t) => t.workload === workload && t.environment === environment);
      // nothing of the example was restarted: a metric without a figure is left out
      const summaries = metricCatalogue.flatMap(({ key, of }) => {
        const figures = own.flatMap((t) => of(t) ?? []);
        return figures.length === 0 ? [] : [[key, summaryOf(figures)] as const];
      });
      summary[workload][environment] = Object.fromEntries(summaries);
    }
    const summaryOfBaseline = summary[workload][names[0] ?? ''] ?? {};
    for (const candidate of names.slice(1)) {
      for (const { key, direction } of metricCatalogue.filter((metric) => metric.key in summaryOfBaseline)) {
        comparisons.push(exampleComparison(summary[workload], workload, candidate, key, direction, rounds));
      }
    }
  }
  return {
    schema: 1,
    id: '20260301-100000-example',
    startedAt: '2026-03-01T10:00:00.000Z',
    finishedAt: '2026-03-01T10:21:40.000Z',
    seed: 42,
    host: {
      cpuModel: 'Example CPU @ 3.00GHz',
      cores: 4,
      memoryMiB: 15976,
      kernel: '6.12.0',
      os: 'Debian GNU/Linux 13',
      virtualised: 'kvm',
      node: 'v24.21.0',
    },
    config: {
      workloads,
      environments: ['native', 'docker', 'vagrant', 'podman', 'jail'],
      baseline: 'native',
      rounds,
      load: { connections: 8, warmupMs: 2000, durationMs: 5000, requests: null },
      resources: {
        cpus: 1,
        memoryMiB: 512,
        serverCpus: [0],
        generatorCpus: [1],
        nodeArguments: ['--max-old-space-size=256'],
      },
    },
    artifacts: {
      primes: { sha256: 'a'.repeat(64), bytes: 51234 },
      gallery: { sha256: 'b'.repeat(64), bytes: 61234 },
    },
    environments: exampleEnvironments,
    trials,
    summary,
    comparisons,
    repeats: [],
    diagnostics: [
      { level: 'info', code: 'page-cache', message: 'The page cache was warm.' },
      {
        level: 'warning',
        code: 'foreign-load',
        message: 'Other programs used 0.21 of a core | in 2 trials.',
      },
    ],
  };
}

const exampleEnvironments: EnvironmentResult[] = [
  { name: 'native', kind: 'native', status: 'measured', facts: { node: 'v24.21.0' } },
  { name: 'docker', kind: 'docker', status: 'measured', facts: { engine: '27.5.1', network: 'bridge' } },
  { name: 'vagrant', kind: 'vagrant', status: 'measured', facts: { emulated: true, accelerator: 'tcg' } },
  {
    name: 'podman',
    kind: 'docker',
    status: 'unavailable',
    facts: {},
    reason: 'No engine at /run/podman.sock:\n\u001b[31mENOENT\u001b[0m | <b>*not* `there`</b>',
    remedy: 'apt-get install -y podman && systemctl start podman.socket',
  },
  { name: 'jail', kind: 'jail', status: 'failed', facts: {}, reason: 'The app ended with code 1.' },
];

function exampleTrial(
  workload: string,
  environment: string,
  round: number,
  order: number,
  random: () => number,
): Trial {
  const weight = weights[environment] ?? { startup: 1, speed: 1, tareCpu: 0, tareMiB: 0 };
  const noisy = (value: number) => Number((value * (1 + 0.06 * (random() - 0.5))).toPrecision(6));
  const throughputRps = noisy((workload === 'primes' ? 7100 : 21000) * weight.speed);
  const mean = 8000 / throughputRps;
  const netPercent = noisy(96);
  const netMiB = noisy(78);
  const requests = Math.round(throughputRps * 5);
  const cpu = (percent: number) => ({ percent, msPerRequest: (percent * 50) / requests });
  const grossPercent = netPercent * (1 + weight.tareCpu);
  const grossMiB = netMiB + (weight.tareMiB === 0 ? 0 : noisy(weight.tareMiB));
  return {
    workload,
    round,
    attempt: 1,
    order,
    environment,
    startedAt: new Date(Date.UTC(2026, 2, 1, 10, round, order)).toISOString(),
    startup: { kind: 'cold', readyMs: noisy(84 * weight.startup), pollErrorMs: 1, polls: 40, milestones: [] },
    load: {
      mode: 'closed',
      connections: 8,
      durationMs: 5000,
      requests,
      errors: environment === 'vagrant' && round === 1 ? 3 : 0,
      timeouts: 0,
      throughputRps,
      latencyMs: { mean, p50: mean * 0.9, p90: mean * 1.4, p95: mean * 1.8, p99: mean * 2.9, max: mean * 9 },
      histogram: '',
      generator: { name: 'autocannon', cpuPercent: 55 },
    },
    cpu: { net: cpu(netPercent), gross: cpu(grossPercent) },
    memory: {
      net: { meanMiB: netMiB, peakMiB: netMiB * 1.1 },
      gross: { meanMiB: grossMiB, peakMiB: grossMiB * 1.1 },
    },
    samples: [],
  };
}

function summaryOf(figures: readonly number[]): MetricSummary {
  const n = figures.length;
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / n;
  const sorted = figures.toSorted((a, b) => a - b);
  const base = {
    n,
    mean,
    median: sorted[Math.floor(n / 2)] ?? mean,
    min: sorted[0] ?? mean,
    max: sorted[n - 1] ?? mean,
  };
  if (n < 2) return { ...base, stdev: null, ci95: null };
  const stdev = Math.sqrt(figures.reduce((sum, figure) => sum + (figure - mean) ** 2, 0) / (n - 1));
  const reach = ((studentT975[n - 1] ?? 2) * stdev) / Math.sqrt(n);
  return { ...base, stdev, ci95: [mean - reach, mean + reach] };
}

function exampleComparison(
  summary: Readonly<Record<string, Readonly<Record<string, MetricSummary>>>>,
  workload: string,
  candidate: string,
  metric: string,
  direction: 'lower' | 'higher',
  n: number,
): Comparison {
  const [of, to] = [summary[candidate]?.[metric]?.mean ?? 0, summary.native?.[metric]?.mean ?? 0];
  const ratio = of > 0 && to > 0 ? of / to : null;
  const isBetter = ratio !== null && ratio < 1 === (direction === 'lower');
  const isSame = ratio !== null && Math.abs(ratio - 1) < 0.02;
  const decided = isSame ? 'same' : isBetter ? 'better' : 'worse';
  return {
    workload,
    metric,
    baseline: 'native',
    candidate,
    n,
    ratio,
    ci95: ratio === null || n < 2 ? null : [ratio * 0.96, ratio * 1.04],
    p: ratio === null || n < 6 ? null : 0.03125,
    verdict: n < 6 || ratio === null ? 'undecided' : decided,
    warnings: n < 6 ? ['needs at least 6 rounds'] : [],
  };
}

/** Uniform numbers from 0 to 1: a linear congruential generator (Numerical Recipes, "quick and dirty"). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
