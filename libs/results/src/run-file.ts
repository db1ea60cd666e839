import { z } from 'zod';
import { runOfSchema1 } from './schema-1.ts';
import { parseFile } from './parse-file.ts';
import { trialSchema } from './trial-schema.ts';
import { writeJson } from './write-aside.ts';

export * from './trial-schema.ts';

/** Version of the run file that this library writes and reads. */
export const runFileSchemaVersion = 2;

const count = z.int().nonnegative();
const finite = z.number();
const notNegative = z.number().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');
const isoDate = z.iso.datetime();
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The id of a run, which names its folder and its file in the history: it leads to no other place. */
export const runIdSchema = z.string().regex(/^\w[\w.-]*$/, 'expected letters, digits, ".", "_" and "-" only');

export const repeatSchema = z.strictObject({
  round: z.int().positive(),
  attempt: z.int().positive().describe('The attempt that was given up.'),
  workload: z.string(),
  environment: z.string().describe('Environment whose trial failed or violated a guard.'),
  cause: z.enum(['failure', 'guard']),
  reason: z.string(),
});

export const diagnosticSchema = z.strictObject({
  level: z.enum(['info', 'warning', 'error']),
  code: z.string(),
  message: z.string(),
});

export const isolationSchema = z.strictObject({
  rung: z
    .number()
    .min(0)
    .max(100)
    .describe(
      'Place on the ladder, from 0 (a process like any other) to 100 (a machine of its own): it only orders.',
    ),
  kernel: z
    .enum(['host', 'user space', 'guest'])
    .describe('Whose kernel answers the system calls of the app.'),
  namespaces: z.array(z.string()).describe('Those that it does not share with the host: "mount", "user".'),
  seccomp: z.boolean().describe('Whether a filter refuses it system calls.'),
  path: z.string().describe('How the load gets to it: "loopback", "bridge".'),
});

const environmentBase = {
  name: z.string(),
  kind: z.string(),
  facts,
  isolation: isolationSchema
    .optional()
    .describe(
      'What stands between an app and its host there; absent where that is not known, and in older files.',
    ),
};
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

const runConfigSchema = z.strictObject({
  workloads: z.array(
    z.strictObject({
      name: z.string(),
      healthPath: z.string().describe('Answers 2xx when the app is ready; "tcp" for an accepted connection.'),
      requestPath: z.string(),
      parameters: z.record(z.string(), z.number()),
    }),
  ),
  environments: z.array(z.string()),
  baseline: z.string(),
  control: z
    .string()
    .nullable()
    .describe(
      'Name of the A/A control, the second copy of the baseline in every round; null when there was none.',
    ),
  rounds: z.int().positive().describe('Largest number of rounds; the plan has the actual one.'),
  budgetMs: z.number().positive().nullable().describe('Time that the rounds may take together.'),
  retries: count.describe('How many times a round may be repeated.'),
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Command-line options that give this configuration, by name; absent in older files.'),
  load: z.strictObject({
    connections: z.int().positive(),
    warmupMs: notNegative.describe('Warm-up of every trial; chosen from `warmUps` where there are any.'),
    durationMs: z.number().positive().nullable().describe('null when the window is a number of requests.'),
    requests: z.int().positive().nullable(),
    openDurationMs: z
      .number()
      .positive()
      .nullable()
      .describe('Length of the open-loop window; null for none.'),
    sliceMs: z
      .number()
      .positive()
      .optional()
      .describe(
        'How long a slice sends requests, for the workloads whose trials have load.slices. Absent when there were no slices.',
      ),
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

const summarySchema = z.strictObject({
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

const lookSchema = z.strictObject({
  rounds: z.int().positive().describe('Rounds in which both were measured by then.'),
  interval: interval.describe(
    'Of the ratio. The intervals of all looks hold the truth together with about 95 %; this one decides.',
  ),
  sameWithin: notNegative.describe(
    'The smallest margin within which the two are the same by this interval, as a share.',
  ),
  by: z
    .enum(['rounds', 'typical', 'whole'])
    .describe(
      'What the interval is of: the figures by round; the typical pair of slices, for startup the typical start, for p50 the typical request, for p95 the typical slow request, for gross figures the tare; all slices or starts together, the p50s, all requests from p90 to p98, the gross figures themselves.',
    ),
  whole: interval
    .optional()
    .describe(
      'Where typical slices, starts or requests decide: the interval of all of them together, with every stall in it; where the tare does, that of the gross figures.',
    ),
});

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
  copies: z
    .int()
    .min(2)
    .optional()
    .describe(
      'Copies of the baseline whose geometric mean the candidate is held against: 2 with the A/A control. Missing where it is the baseline alone.',
    ),
  hodgesLehmannRatio: z
    .number()
    .positive()
    .nullable()
    .describe('The ratio by the estimate of Hodges and Lehmann, which single wild rounds do not move.'),
  ci95: interval
    .nullable()
    .describe('95 % interval of the ratio by the inverted sign-flip test; null with fewer than 6 rounds.'),
  ci90: interval.nullable().describe('The 90 % interval, for the test of equivalence.'),
  p: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Two-sided p-value of the sign-flip test of the log-ratios by round; not adjusted.'),
  pAdjusted: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .optional()
    .describe('In older files: p after Holm’s correction over the judged comparisons of the run.'),
  margin: notNegative.describe('Relative difference that does not matter, as a share.'),
  logRatioStdev: notNegative
    .nullable()
    .describe('Standard deviation over rounds of ln candidate − ln baseline.'),
  minimumDetectableRatio: z
    .number()
    .positive()
    .nullable()
    .describe('The smallest difference that these rounds could have seen.'),
  verdict: verdictSchema
    .nullable()
    .describe('null where nothing is judged: an emulated environment, or a metric that repeats another.'),
  look: lookSchema
    .nullable()
    .optional()
    .describe(
      'The look that decided, or the last one while it is open; null before the first and where nothing is judged, absent in older files.',
    ),
  roundsMore: z
    .int()
    .positive()
    .nullable()
    .describe(
      'Further rounds that an undecided comparison would need; null when decided, not judged, or too many.',
    ),
  warnings: z.array(z.string()),
});

const warmUpSchema = z.strictObject({
  workload: z.string(),
  environment: z.string(),
  instances: z
    .int()
    .positive()
    .describe('Fresh instances that were observed; the time series is that of their median.'),
  besideWarm: z
    .boolean()
    .describe(
      'Whether a warm instance of the same environment alternated with them in slices: levels are then shares of the throughput of that one, which a host that changes its speed does not touch; else they are replies per second.',
    ),
  observedMs: z.number().positive().describe('Time under load, from the first request.'),
  steadyAfterMs: notNegative
    .nullable()
    .describe('Time under load until its last change; null when it was not steady at the end.'),
  timeSeries: z.array(z.strictObject({ untilMs: z.number().positive(), level: notNegative })),
});

const plan = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), rounds: z.int().positive() }),
  z.strictObject({
    kind: z.literal('looks'),
    looks: z.array(z.int().positive()).describe('Rounds at which what was open was looked at.'),
    mostRounds: z
      .int()
      .positive()
      .describe('Most rounds that maximum and budget allowed, known at the first look.'),
    rounds: z.int().positive().describe('Rounds that were made.'),
    endedBy: z.enum(['decided', 'rounds', 'budget', 'interrupted', 'nothing to compare']),
    roundMs: notNegative.describe('How long a round took.'),
  }),
  z.strictObject({
    kind: z.literal('pilot'),
    pilotRounds: z.int().positive(),
    rounds: z
      .int()
      .positive()
      .describe('All rounds, including those of the pilot; decided once, after the pilot.'),
    wantedRounds: z
      .int()
      .positive()
      .describe('Rounds that the wanted precision would take, without any limit.'),
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
  id: runIdSchema,
  startedAt: isoDate,
  finishedAt: isoDate,
  partial: z
    .string()
    .optional()
    .describe(
      'Why this is not a whole run, in a line: it is under way, or did not end. Absent of a whole one.',
    ),
  seed: z.int().nonnegative(),
  host: hostSchema,
  config: runConfigSchema,
  artifacts: z.record(z.string(), z.strictObject({ sha256, bytes: z.int().positive() })),
  environments: z.array(environmentResultSchema),
  warmUps: z
    .array(warmUpSchema)
    .optional()
    .describe(
      'How long fresh instances took to reach their speed, before the first round; absent when the warm-up was given.',
    ),
  plan: plan.describe('How many rounds were made, and why.'),
  trials: z
    .array(trialSchema)
    .describe('Trials of the last attempt of every round; the journal has the others too.'),
  repeats: z
    .array(repeatSchema)
    .describe('Rounds that were repeated whole: a trial failed or violated a guard.'),
  summary: z.record(z.string(), z.record(z.string(), z.record(z.string(), summarySchema))),
  comparisons: z.array(comparisonSchema),
  diagnostics: z.array(diagnosticSchema),
});

export type RunFile = z.infer<typeof runFileSchema>;
export type Repeat = z.infer<typeof repeatSchema>;
export type Diagnostic = z.infer<typeof diagnosticSchema>;
export type EnvironmentResult = z.infer<typeof environmentResultSchema>;
export type Isolation = z.infer<typeof isolationSchema>;
export type HostFacts = z.infer<typeof hostSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;
export type MetricSummary = z.infer<typeof summarySchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type WarmUp = z.infer<typeof warmUpSchema>;
export type RoundPlan = RunFile['plan'];
export type Guards = RunConfig['guards'];

/**
 * Reads a run file.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file, the place in it, what was expected and what was found; a truncated file
 * and an unknown schema version have lines of their own.
 */
export function parseRunFile(text: string, path: string): RunFile {
  return parseFile(runFileSchema, text, path, {
    name: 'schema version',
    read: runFileSchemaVersion,
    upgrades: { 1: runOfSchema1 },
  });
}

/**
 * Validates a run and writes it, whole or not at all; creates the folder. An earlier run stays until then.
 * @throws Error, one line that names the file and what is wrong with the run, or why it could not be written.
 */
export async function writeRunFile(path: string, run: RunFile): Promise<void> {
  await writeJson(runFileSchema, path, run);
}

/**
 * Whether an environment ran on an emulated CPU (fact `emulated: true`, or `accelerator: "tcg"`). Its numbers are
 * shown with that mark and no verdict: they weigh the emulator.
 */
export function isEmulated(environment: Pick<EnvironmentResult, 'facts'> | undefined): boolean {
  if (environment === undefined) return false;
  const { emulated, accelerator } = environment.facts;
  return emulated === true || accelerator === 'tcg';
}
