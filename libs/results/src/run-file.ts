import { z } from 'zod';

/** Version of the run file that this library writes and reads. */
export const runFileSchemaVersion = 1;

const count = z.int().nonnegative();
const finite = z.number();
const notNegative = z.number().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');
const isoDate = z.iso.datetime();
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const milestone = z.strictObject({ name: z.string(), atMs: finite });

const startup = z.strictObject({
  kind: z
    .enum(['cold', 'restart'])
    .describe(
      'cold: from nothing (process, container, booted machine). restart: the app alone, in what was up already.',
    ),
  readyMs: notNegative.describe('Spawn of the start command to the first 200 on the health path.'),
  pollErrorMs: notNegative.describe(
    'The app may have been ready this much earlier: time since the last failed poll began.',
  ),
  polls: count,
  milestones: z.array(milestone),
});

const latencyMs = z.strictObject({
  mean: notNegative,
  p50: notNegative,
  p90: notNegative,
  p95: notNegative,
  p99: notNegative,
  max: notNegative,
});

const load = z.strictObject({
  mode: z
    .literal('closed')
    .describe('closed: each connection sends its next request when the reply has come.'),
  connections: z.int().positive(),
  durationMs: z.number().positive(),
  requests: count.describe('2xx replies inside the window.'),
  errors: count.describe('Replies that are not 2xx, refused or broken connections.'),
  timeouts: count,
  throughputRps: notNegative,
  latencyMs,
  histogram: z
    .string()
    .describe('HDR histogram of latencies in microseconds, V2 compressed, base64. Mergeable.'),
  generator: z.strictObject({ name: z.string(), cpuPercent: notNegative }),
});

const openLoad = z.strictObject({
  mode: z
    .literal('open')
    .describe('open: requests are sent at planned times, whether or not earlier replies have come.'),
  rateRps: z.number().positive().describe('Planned arrivals per second.'),
  durationMs: z.number().positive(),
  planned: count.describe('Requests whose planned time lies in the window.'),
  requests: count.describe('2xx replies to them.'),
  errors: count,
  timeouts: count,
  lateSends: count.describe('Of the planned ones, how many the generator sent more than 1 ms late.'),
  maxLateMs: notNegative,
  latencyMs: latencyMs.describe('From the planned time of sending to the end of the reply.'),
  histogram: z
    .string()
    .describe('HDR histogram of latencies in microseconds, V2 compressed, base64. Mergeable.'),
  generator: z.strictObject({ name: z.string(), cpuPercent: notNegative }),
});

export const guardSchema = z.enum([
  'foreign-cpu',
  'steal',
  'throttled',
  'clock',
  'generator-cpu',
  'late-sends',
  'errors',
]);

/** What a trial's host did beside the trial, over its load windows. */
const hostActivity = z.strictObject({
  foreignCpus: notNegative
    .nullable()
    .describe(
      'CPUs that neither the environment nor the generator nor the runner used, on average; null where it is not known.',
    ),
  stealPercent: notNegative.nullable().describe('Of the time of all CPUs, taken by the hypervisor.'),
  throttledMs: notNegative.nullable().describe('Time that a CPU quota kept the instance from running.'),
  clockMHz: z
    .tuple([notNegative, notNegative])
    .nullable()
    .describe('Of the server’s CPUs, at the begin and at the end; null where the host does not tell.'),
});

const violation = z.strictObject({
  guard: guardSchema,
  value: finite,
  limit: finite,
  message: z.string().describe('What was seen and what the limit is, with units.'),
});

const cpuUse = z.strictObject({
  percent: notNegative.describe('CPU time over the window ÷ its duration; 100 is one CPU.'),
  msPerRequest: notNegative
    .nullable()
    .describe('CPU time over the window ÷ requests; null without a request.'),
});
const memoryUse = z.strictObject({ meanMiB: notNegative, peakMiB: notNegative });

const disk = z.strictObject({
  netWrittenMiB: notNegative.nullable().describe('Bytes that the app caused to be written to storage.'),
  grossWrittenMiB: notNegative
    .nullable()
    .describe('Those of everything that the environment costs the host.'),
  netWrittenKiBPerRequest: notNegative.nullable().describe('Per reply of the window; null without one.'),
});

const sample = z.strictObject({
  atMs: finite.describe('Since the load window began.'),
  netCpuMs: notNegative,
  grossCpuMs: notNegative,
  netMiB: notNegative,
  grossMiB: notNegative,
});

export const trialSchema = z.strictObject({
  workload: z.string(),
  round: z.int().positive(),
  attempt: z.int().positive().describe('1, and one more each time that its round was repeated.'),
  order: z.int().positive().describe('Place within the round, from 1.'),
  environment: z.string(),
  startedAt: isoDate,
  startup,
  load,
  open: openLoad
    .nullable()
    .describe(
      'The window at a fixed arrival rate, which latencies are taken from; null when there was none.',
    ),
  cpu: z.strictObject({ net: cpuUse, gross: cpuUse }),
  memory: z.strictObject({ net: memoryUse, gross: memoryUse }),
  disk: disk.describe('Over the closed-loop window; null where the kernel does not tell.'),
  host: hostActivity,
  violations: z.array(violation).describe('Guards that the trial violates; empty in a clean one.'),
  samples: z.array(sample),
});

export const repeatSchema = z.strictObject({
  round: z.int().positive(),
  attempt: z.int().positive().describe('The attempt that was given up.'),
  workload: z.string(),
  environment: z.string().describe('Whose trial failed or violated a guard.'),
  cause: z.enum(['failure', 'guard']),
  reason: z.string(),
});

export const diagnosticSchema = z.strictObject({
  level: z.enum(['info', 'warning', 'error']),
  code: z.string(),
  message: z.string(),
});

const environmentBase = { name: z.string(), kind: z.string(), facts };
export const environmentResultSchema = z.discriminatedUnion('status', [
  z.strictObject({ ...environmentBase, status: z.literal('measured') }),
  z.strictObject({
    ...environmentBase,
    status: z.literal('unavailable'),
    reason: z.string(),
    remedy: z.string(),
  }),
  z.strictObject({
    ...environmentBase,
    status: z.literal('failed'),
    reason: z.string(),
    remedy: z.string().optional(),
  }),
]);

export const hostSchema = z.strictObject({
  cpuModel: z.string(),
  cores: z.int().positive(),
  memoryMiB: z.number().positive(),
  kernel: z.string(),
  os: z.string(),
  virtualised: z.string().describe('Hypervisor the host itself runs on, "none", or "unknown".'),
  node: z.string(),
});

export const runConfigSchema = z.strictObject({
  workloads: z.array(
    z.strictObject({
      name: z.string(),
      healthPath: z.string(),
      requestPath: z.string(),
      parameters: z.record(z.string(), z.number()),
    }),
  ),
  environments: z.array(z.string()),
  baseline: z.string(),
  twin: z
    .string()
    .nullable()
    .describe('Name of the second copy of the baseline in every round; null when there was none.'),
  rounds: z.int().positive().describe('At most so many; the plan says how many there were.'),
  budgetMs: z.number().positive().nullable().describe('Time that the rounds may take together.'),
  retries: count.describe('How many times a round may be repeated.'),
  load: z.strictObject({
    connections: z.int().positive(),
    warmupMs: notNegative,
    durationMs: z.number().positive().nullable().describe('null when the window is a number of requests.'),
    requests: z.int().positive().nullable(),
    openDurationMs: z
      .number()
      .positive()
      .nullable()
      .describe('Length of the open-loop window; null for none.'),
  }),
  guards: z.strictObject({
    foreignCpus: notNegative,
    stealPercent: notNegative,
    throttledMs: notNegative,
    clockDriftPercent: notNegative,
    generatorCpuPercent: notNegative,
    lateSendsPercent: notNegative,
    errorsPercent: notNegative,
  }),
  resources: z.strictObject({
    cpus: z.number().positive(),
    memoryMiB: z.number().positive(),
    serverCpus: z.array(count).nullable(),
    generatorCpus: z.array(count).nullable(),
    nodeArguments: z.array(z.string()),
  }),
});

const interval = z.tuple([finite, finite]);

export const summarySchema = z.strictObject({
  n: z.int().positive(),
  mean: finite,
  stdev: notNegative.nullable().describe('Sample standard deviation over trials; null with one trial.'),
  median: finite,
  min: finite,
  max: finite,
  ci95: interval
    .nullable()
    .describe('95 % interval of the mean over trials (Student t); null with one trial.'),
});

export const verdictSchema = z.enum(['better', 'worse', 'same', 'undecided']);

export const comparisonSchema = z.strictObject({
  workload: z.string(),
  metric: z.string(),
  baseline: z.string(),
  candidate: z.string(),
  n: count.describe('Rounds in which both were measured.'),
  ratio: z
    .number()
    .positive()
    .nullable()
    .describe('Candidate ÷ baseline: geometric mean of the ratios by round.'),
  hodgesLehmannRatio: z
    .number()
    .positive()
    .nullable()
    .describe('The ratio by the estimate of Hodges and Lehmann, which single wild rounds do not move.'),
  ci95: interval
    .nullable()
    .describe('95 % interval of the ratio by the inverted sign-flip test; null with fewer than 6 rounds.'),
  ci90: interval.nullable().describe('The same with 90 %, for the test of equivalence.'),
  p: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Two-sided, by flipping the signs of the log-ratios of the rounds; not adjusted.'),
  pAdjusted: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe(
      'After Holm’s correction over the judged comparisons of the run; null where there is no verdict.',
    ),
  margin: notNegative.describe('Relative difference that does not matter, as a share.'),
  logRatioStdev: notNegative.nullable().describe('Over rounds, of ln candidate − ln baseline.'),
  minimumDetectableRatio: z
    .number()
    .positive()
    .nullable()
    .describe('The smallest difference that these rounds could have seen.'),
  verdict: verdictSchema
    .nullable()
    .describe('null where nothing is judged: an emulated environment, or a metric that repeats another.'),
  roundsMore: z
    .int()
    .positive()
    .nullable()
    .describe(
      'How many rounds more an undecided one would take; null when decided, not judged, or too many.',
    ),
  warnings: z.array(z.string()),
});

const plan = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), rounds: z.int().positive() }),
  z.strictObject({
    kind: z.literal('pilot'),
    pilotRounds: z.int().positive(),
    rounds: z.int().positive().describe('In all, the pilot’s included; decided once, after the pilot.'),
    wantedRounds: z.int().positive().describe('What the wanted precision would take, without any limit.'),
    limitedBy: z.enum(['precision', 'maximum', 'budget']),
    decidedBy: z
      .strictObject({
        workload: z.string(),
        metric: z.string(),
        candidate: z.string(),
        logRatioStdev: notNegative,
      })
      .nullable()
      .describe('The comparison that needs the most rounds; null when none needs more than the pilot.'),
  }),
]);

export const runFileSchema = z.strictObject({
  schema: z.literal(runFileSchemaVersion),
  id: z.string(),
  startedAt: isoDate,
  finishedAt: isoDate,
  seed: z.int().nonnegative(),
  host: hostSchema,
  config: runConfigSchema,
  artifacts: z.record(z.string(), z.strictObject({ sha256, bytes: z.int().positive() })),
  environments: z.array(environmentResultSchema),
  plan: plan.describe('How many rounds were made, and why.'),
  trials: z
    .array(trialSchema)
    .describe('Of the last attempt of every round; the journal has the others too.'),
  repeats: z
    .array(repeatSchema)
    .describe('Rounds that were repeated whole: a trial failed or violated a guard.'),
  summary: z.record(z.string(), z.record(z.string(), z.record(z.string(), summarySchema))),
  comparisons: z.array(comparisonSchema),
  diagnostics: z.array(diagnosticSchema),
});

export type RunFile = z.infer<typeof runFileSchema>;
export type Trial = z.infer<typeof trialSchema>;
export type Repeat = z.infer<typeof repeatSchema>;
export type Diagnostic = z.infer<typeof diagnosticSchema>;
export type EnvironmentResult = z.infer<typeof environmentResultSchema>;
export type HostFacts = z.infer<typeof hostSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;
export type MetricSummary = z.infer<typeof summarySchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type RoundPlan = RunFile['plan'];
export type OpenLoad = NonNullable<Trial['open']>;
export type HostActivity = Trial['host'];
export type Violation = Trial['violations'][number];
export type Guard = z.infer<typeof guardSchema>;
export type Guards = RunConfig['guards'];
export type TrialSample = z.infer<typeof sample>;
