import { compare, summarise } from '@tare/results';
import type { EnvironmentResult, Repeat, RoundPlan, RunFile, Violation, WarmUp } from '@tare/results';
import { roundOrders, seededRandom } from '@tare/statistics';
import { exampleTrial } from './example-trial.ts';
import type { ExampleWeights } from './example-trial.ts';

const twin = 'native:twin';
const seed = 42;
const nativeWeights: ExampleWeights = {
  coldMs: 0,
  startup: 1,
  speed: 1,
  latency: 1,
  netMemory: 1,
  tareCpu: 0,
  tareMiB: 0,
  milestones: { process: 0.05 },
};
const weights: Readonly<Record<string, ExampleWeights>> = {
  native: nativeWeights,
  namespace: { ...nativeWeights, startup: 1.06, milestones: { process: 0.11 } },
  docker: {
    coldMs: 190,
    startup: 1.15,
    speed: 0.93,
    latency: 1.16,
    netMemory: 0.86,
    tareCpu: 0.12,
    tareMiB: 31,
    milestones: { created: 0.21, started: 0.62, process: 0.64 },
  },
  vagrant: {
    coldMs: 9400,
    startup: 17,
    speed: 0.2,
    latency: 6,
    netMemory: 1.04,
    tareCpu: 0.8,
    tareMiB: 410,
    milestones: { kernel: 0.18, userspace: 0.55, process: 0.9 },
  },
  [twin]: nativeWeights,
};
/** Rounds in which the machine boots. */
const coldBoots = 3;

const foreignCpu: Violation = {
  guard: 'foreign-cpu',
  value: 0.21,
  limit: 0.15,
  message: 'other programs used 0.21 of a CPU, the limit is 0.15',
};
const repeatedRound = 2;
const dirtyRound = 4;

/**
 * A made-up run for tests of whatever reads run files: two workloads; native with its twin, a namespace, docker and an
 * emulated VM measured, a failed and an unavailable environment with hostile text; with repeats, a trial that still
 * violates a guard, and verdicts as the suite computes them. The same number of rounds gives the same run.
 */
export function exampleRun(rounds = 12): RunFile {
  const workloads = [
    { name: 'primes', requestPath: '/primecount?n=300000', parameters: { n: 300000 } },
    { name: 'grocery', requestPath: '/grocery', parameters: {} },
  ].map((workload) => ({ ...workload, healthPath: '/health' }));
  const trials = workloads.flatMap(({ name }) => exampleTrials(name, rounds));
  return {
    schema: 1,
    id: '20260301-100000-example',
    startedAt: '2026-03-01T10:00:00.000Z',
    finishedAt: '2026-03-01T10:21:40.000Z',
    seed,
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
      environments: ['native', 'namespace', 'docker', 'vagrant', 'podman', 'jail'],
      baseline: 'native',
      twin,
      rounds: Math.max(30, rounds),
      budgetMs: 600_000,
      retries: 3,
      load: { connections: 8, warmupMs: 2000, durationMs: 5000, requests: null, openDurationMs: 5000 },
      guards: {
        foreignCpus: 0.15,
        stealPercent: 2,
        throttledMs: 0,
        clockDriftPercent: 5,
        generatorCpuPercent: 80,
        lateSendsPercent: 1,
        errorsPercent: 0.1,
      },
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
      grocery: { sha256: 'b'.repeat(64), bytes: 61234 },
    },
    environments: exampleEnvironments,
    warmUps: workloads.flatMap(({ name }) => exampleWarmUps(name)),
    plan: examplePlan(rounds),
    trials,
    repeats: rounds < repeatedRound ? [] : exampleRepeats,
    summary: summarise(trials),
    comparisons: compare(trials, { baseline: 'native', twin, unjudged: ['vagrant'], seed }),
    diagnostics: [
      { level: 'info', code: 'page-cache', message: 'The page cache was warm.' },
      {
        level: 'info',
        code: 'warm-up',
        message:
          'warm-up of 2 s for every trial: 1.5 times the 1.3 s after which primes in docker, the slowest, was steady',
      },
      {
        level: 'warning',
        code: 'foreign-load',
        message: 'Other programs used 0.21 of a core | in 2 trials.',
      },
      ...Array.from({ length: rounds }, (_, index) => ({
        level: 'warning' as const,
        code: 'littles-law',
        message: `primes, round ${index + 1}, vagrant: throughput × mean latency is ${(9 + index / 100).toFixed(2)} requests under way, but there were 8 connections`,
      })),
    ],
  };
}

function exampleTrials(workload: string, rounds: number) {
  const generator = seededRandom(workload.length);
  const random = () => generator.uint32() / 2 ** 32;
  return roundOrders(Object.keys(weights), rounds, seed).flatMap((names, index) => {
    const round = index + 1;
    const drift = 1 + 0.04 * Math.sin(round / 2);
    return names.map((environment, place) =>
      exampleTrial({
        workload,
        environment,
        weights: weights[environment] ?? nativeWeights,
        round,
        order: place + 1,
        attempt: workload === 'primes' && round === repeatedRound ? 3 : 1,
        restarted: environment === 'vagrant' && round > coldBoots,
        drift,
        // the emulated machine could not keep up with the rate of the others
        rateRps: (workload === 'primes' ? 3300 : 9500) * (environment === 'vagrant' ? 0.2 : 1),
        violations:
          workload === 'grocery' && environment === 'docker' && round === dirtyRound ? [foreignCpu] : [],
        random,
      }),
    );
  });
}

const exampleRepeats: Repeat[] = [
  {
    round: repeatedRound,
    attempt: 1,
    workload: 'primes',
    environment: 'docker',
    cause: 'guard',
    reason: `foreign-cpu: ${foreignCpu.message}`,
  },
  {
    round: repeatedRound,
    attempt: 2,
    workload: 'primes',
    environment: 'vagrant',
    cause: 'failure',
    reason: 'not ready within 60 s',
  },
];

/** docker warms up slower than native, and the emulated machine not at all within the time. */
function exampleWarmUps(workload: string): WarmUp[] {
  const course = (steadyAfterMs: number, level: number) =>
    Array.from({ length: 50 }, (_, place) => {
      const untilMs = (place + 1) * 100;
      return { untilMs, level: level * Math.min(1, 0.4 + (0.6 * untilMs) / steadyAfterMs) };
    });
  const observed = { workload, instances: 3, besideWarm: true, observedMs: 5000 };
  return [
    { ...observed, environment: 'native', steadyAfterMs: 900, course: course(900, 1) },
    { ...observed, environment: 'docker', steadyAfterMs: 1300, course: course(1300, 1) },
    {
      ...observed,
      environment: 'vagrant',
      instances: 1,
      besideWarm: false,
      steadyAfterMs: null,
      course: course(9000, 80),
    },
  ];
}

function examplePlan(rounds: number): RoundPlan {
  if (rounds <= 6) return { kind: 'fixed', rounds };
  return {
    kind: 'pilot',
    pilotRounds: 6,
    rounds,
    wantedRounds: 40,
    limitedBy: 'budget',
    decidedBy: { workload: 'primes', metric: 'latencyP99Ms', candidate: 'docker', logRatioStdev: 0.031 },
  };
}

const exampleEnvironments: EnvironmentResult[] = [
  { name: 'native', kind: 'native', status: 'measured', facts: { nodeVersion: 'v24.21.0', pinnedTo: '0' } },
  {
    name: 'namespace',
    kind: 'namespace',
    status: 'measured',
    facts: { nodeVersion: 'v24.21.0', namespaces: 'mount, pid' },
  },
  {
    name: 'docker',
    kind: 'docker',
    status: 'measured',
    facts: { engine: '27.5.1', network: 'bridge', imageId: `sha256:${'c'.repeat(64)}` },
  },
  {
    name: 'vagrant',
    kind: 'vagrant',
    status: 'measured',
    facts: { emulated: true, accelerator: 'tcg', guestKernel: '6.1.0' },
  },
  { name: twin, kind: 'native', status: 'measured', facts: { nodeVersion: 'v24.21.0', pinnedTo: '0' } },
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
