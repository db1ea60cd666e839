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

const cpuUse = z.strictObject({
  percent: notNegative.describe('CPU time over the window ÷ its duration; 100 is one CPU.'),
  msPerRequest: notNegative
    .nullable()
    .describe('CPU time over the window ÷ requests; null without a request.'),
});
const memoryUse = z.strictObject({ meanMiB: notNegative, peakMiB: notNegative });

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
  cpu: z.strictObject({ net: cpuUse, gross: cpuUse }),
  memory: z.strictObject({ net: memoryUse, gross: memoryUse }),
  samples: z.array(sample),
});

export const repeatSchema = z.strictObject({
  round: z.int().positive(),
  attempt: z.int().positive().describe('The attempt that was given up.'),
  workload: z.string(),
  environment: z.string().describe('Whose trial failed.'),
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
  rounds: z.int().positive(),
  load: z.strictObject({
    connections: z.int().positive(),
    warmupMs: notNegative,
    durationMs: z.number().positive().nullable().describe('null when the window is a number of requests.'),
    requests: z.int().positive().nullable(),
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
  ci95: interval.nullable().describe('95 % interval of the ratio over rounds; null with one round.'),
  p: z.number().min(0).max(1).nullable(),
  verdict: verdictSchema,
  warnings: z.array(z.string()),
});

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
  trials: z
    .array(trialSchema)
    .describe('Of the last attempt of every round; the journal has the others too.'),
  repeats: z.array(repeatSchema).describe('Rounds that were repeated whole because a trial failed.'),
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
export type TrialSample = z.infer<typeof sample>;
