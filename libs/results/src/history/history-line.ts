import { z } from 'zod';
import { verdictSchema } from '../run-file.ts';

/** Version of the history lines that this library writes and reads. */
export const historySchemaVersion = 1;

const finite = z.number();
const interval = z.tuple([finite, finite]);
const fingerprint = z.string().regex(/^[0-9a-f]{12}$/, 'expected 12 lower-case hex digits');

/** A figure of one environment over the trials of a run. */
const figure = z.strictObject({
  workload: z.string(),
  environment: z.string(),
  metric: z.string().describe('Key of the metric; names its unit.'),
  n: z.int().positive().describe('Trials.'),
  mean: finite,
  ci95: interval.nullable().describe('95 % interval of the mean over trials; null with one trial.'),
  median: finite,
});

const comparison = z.strictObject({
  workload: z.string(),
  metric: z.string(),
  candidate: z.string(),
  ratio: z.number().positive().describe('Candidate ÷ baseline.'),
  ci95: interval.nullable(),
  verdict: verdictSchema,
});

export const historyLineSchema = z.strictObject({
  schema: z.literal(historySchemaVersion),
  id: z.string().regex(/^\w[\w.-]*$/, 'expected letters, digits, ".", "_" and "-" only'),
  startedAt: z.iso.datetime(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, 'expected 7 or more hex digits')
    .nullable()
    .describe('Commit that was checked out; null outside a repository.'),
  dirty: z.boolean().describe('Whether the tree had changes that are not in the commit.'),
  hostFingerprint: fingerprint,
  host: z.strictObject({
    cpuModel: z.string(),
    cores: z.int().positive(),
    memoryGiB: z.int().nonnegative(),
    kernel: z.string(),
    virtualised: z.string(),
    node: z.string(),
  }),
  rounds: z.int().positive(),
  seed: z.int().nonnegative(),
  baseline: z.string(),
  twin: z.string().nullable(),
  workloads: z.array(
    z.strictObject({
      name: z.string(),
      conditions: fingerprint.describe('Stands for the requests, the load and the resources.'),
      artifact: fingerprint.nullable().describe('Begin of its sha256.'),
    }),
  ),
  environments: z
    .array(z.strictObject({ name: z.string(), kind: z.string(), emulated: z.boolean() }))
    .describe('Those that were measured.'),
  figures: z.array(figure),
  comparisons: z.array(comparison).describe('Those that were judged.'),
});

export type HistoryLine = z.infer<typeof historyLineSchema>;
export type HistoryFigure = HistoryLine['figures'][number];
