import type { Capacity, CapacityFile, CapacityStep, StepOutcome } from '@tare/results';

const windowMs = 3000;
const limitMs = 50;

/** Capacity in requests per second, and latency without load, of the made-up environments. */
const servers = [
  { environment: 'native', serviceRps: 190, passes: [1, 2], factor: 1 },
  { environment: 'docker', serviceRps: 176, passes: [1, 2], factor: 1.1 },
  { environment: 'vagrant', serviceRps: 60, passes: [1, 2], factor: 1.2 },
] as const;

/**
 * A made-up capacity file for tests of whatever reads one: a quick, a slower and an emulated environment, one that is
 * not usable, and a generator that is the limit for the second workload.
 */
export function exampleCapacity(): CapacityFile {
  const steps = servers.flatMap(({ environment, serviceRps, passes, factor }) =>
    passes.flatMap((pass) => stepsOf(environment, serviceRps * (pass === 1 ? 1 : 0.97), factor, pass)),
  );
  const capacities = servers.map(({ environment }) => capacityOf('primes', environment, steps));
  const quick = [100, 200, 400, 800].map((rate) => stepAt('grocery', 'native', 1, rate, 1.5, 'meets'));
  const late = stepAt('grocery', 'native', 1, 1600, 3, 'generator-limited');
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
      slo: { text: 'p99 ≤ 50 ms', percentile: 99, limitMs },
      workloads: [
        { name: 'primes', requestPath: '/primecount?n=30000000', parameters: { n: 30_000_000 } },
        { name: 'grocery', requestPath: '/images/1', parameters: {} },
      ],
      environments: ['native', 'docker', 'podman', 'vagrant'],
      passes: 2,
      windowMs,
      warmupMs: 2000,
      connections: 8,
      tolerance: 0.05,
      startRps: 50,
      maxRps: 100_000,
      resources: { cpus: 1, memoryMiB: 512, serverCpus: [0], generatorCpus: [1, 2, 3] },
    },
    environments: [
      { name: 'native', kind: 'native', facts: {}, status: 'measured' },
      { name: 'docker', kind: 'docker', facts: { engine: '28.0' }, status: 'measured' },
      {
        name: 'podman',
        kind: 'podman',
        facts: {},
        status: 'unavailable',
        reason: 'No engine: ENOENT | <b>*not* `there`</b>',
        remedy: 'apt-get install -y podman',
      },
      { name: 'vagrant', kind: 'vagrant', facts: { emulated: true }, status: 'measured' },
    ],
    generatorRps: 6400,
    steps: [...steps, ...quick, late],
    capacities: [
      ...capacities,
      {
        workload: 'grocery',
        environment: 'native',
        highestRps: 800,
        lowestMissRps: null,
        limit: 'generator',
        passes: [{ pass: 1, highestRps: 800, lowestMissRps: null, limit: 'generator' }],
      },
    ],
    diagnostics: [{ level: 'warning', code: 'few-requests', message: 'p99 rests on few requests' }],
  };
}

/** Doubling, then four steps between the last two. */
function stepsOf(environment: string, serviceRps: number, factor: number, pass: number): CapacityStep[] {
  const steps: CapacityStep[] = [];
  const add = (rateRps: number): boolean => {
    // the quantile of an M/M/1 queue; an overloaded one grows with the window
    const spareRps = serviceRps - rateRps;
    const overloadedMs = windowMs * (1 - serviceRps / rateRps) + 200;
    const p99 = Math.min(factor * 8 + (spareRps > 0 ? 1000 / spareRps : overloadedMs), 2000);
    const outcome = p99 <= limitMs ? 'meets' : 'misses';
    steps.push(stepAt('primes', environment, pass, rateRps, p99, outcome));
    return outcome === 'meets';
  };
  let lowRps = environment === 'vagrant' ? 6.25 : 50;
  add(lowRps);
  while (add(lowRps * 2)) lowRps *= 2;
  let highRps = lowRps * 2;
  for (let bisection = 0; bisection < 4; bisection += 1) {
    const middleRps = Number(Math.sqrt(lowRps * highRps).toPrecision(4));
    if (add(middleRps)) lowRps = middleRps;
    else highRps = middleRps;
  }
  return steps;
}

function capacityOf(workload: string, environment: string, steps: readonly CapacityStep[]): Capacity {
  const passes = [1, 2].map((pass) => {
    const own = steps.filter((step) => step.environment === environment && step.pass === pass);
    const rates = (outcome: StepOutcome) =>
      own.filter((step) => step.outcome === outcome).map(({ rateRps }) => rateRps);
    return {
      pass,
      highestRps: Math.max(...rates('meets')),
      lowestMissRps: Math.min(...rates('misses')),
      limit: 'slo' as const,
    };
  });
  const highestRps = Math.min(...passes.map((pass) => pass.highestRps));
  const lowestMissRps = Math.min(...passes.map((pass) => pass.lowestMissRps));
  return { workload, environment, highestRps, lowestMissRps, limit: 'slo', passes };
}

function stepAt(
  workload: string,
  environment: string,
  pass: number,
  rateRps: number,
  p99: number,
  outcome: StepOutcome,
): CapacityStep {
  const planned = Math.round((rateRps * windowMs) / 1000);
  const p50 = Math.min(5, p99);
  return {
    workload,
    environment,
    pass,
    startedAt: '2026-01-31T12:00:00.000Z',
    rateRps,
    durationMs: windowMs,
    planned,
    requests: planned,
    errors: 0,
    timeouts: 0,
    lateSends: outcome === 'generator-limited' ? Math.ceil(planned / 10) : 0,
    maxLateMs: outcome === 'generator-limited' ? 12 : 0.3,
    latencyMs: { mean: p50, p50, p90: p99 * 0.7, p95: p99 * 0.8, p99, max: p99 * 1.2 },
    sloLatencyMs: p99,
    histogram: 'HISTFAAAAA',
    generatorCpuPercent: 20,
    outcome,
  };
}
