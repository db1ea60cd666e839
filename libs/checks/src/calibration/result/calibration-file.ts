import { hostSchema } from '@tare/results';
import { z } from 'zod';

/** Version of the calibration file that this library writes and reads. */
export const calibrationSchemaVersion = 1;

const count = z.int().nonnegative();
const finite = z.number();
const notNegative = z.number().nonnegative();
const percent = z.number().min(0).max(100);

/** The parts of a calibration, in the order in which they are made. */
export const calibrationParts = ['latency', 'cpu', 'memory', 'startup', 'aa', 'ab'] as const;
const partSchema = z.enum(calibrationParts);

const checkItemSchema = z.strictObject({
  what: z.string(),
  reported: finite.describe('What Tare reports, in the unit of the check.'),
  truth: finite.nullable().describe('What it should have reported; null where there is no single truth.'),
  errorText: z.string(),
  limitText: z.string(),
  passed: z.boolean().nullable().describe('null for a figure that is shown, not judged.'),
});

const checkBase = { id: z.string(), part: partSchema, title: z.string(), unit: z.string() };
const checkSchema = z.discriminatedUnion('status', [
  z.strictObject({
    ...checkBase,
    status: z.literal('made'),
    passed: z.boolean(),
    items: z.array(checkItemSchema),
    notes: z.array(z.string()),
  }),
  z.strictObject({ ...checkBase, status: z.literal('not-made'), reason: z.string() }),
]);

const shareSchema = z.strictObject({
  part: z.enum(['aa', 'ab']),
  source: z.enum(['simulated', 'real']),
  design: z.string().describe('How many rounds a comparison had: "12 rounds", "pilot of 6, at most 30".'),
  slowdownPercent: notNegative.describe('How much slower the candidate really was; 0 in A/A.'),
  metric: z.string().describe('Key of the metric, or "any" for at least one of them.'),
  outcome: z
    .enum(['significant', 'verdict'])
    .describe(
      'significant: p < 0.05, not adjusted, in A/B on the right side. verdict: better or worse, in A/B the right one.',
    ),
  hits: count,
  runs: z.int().positive(),
  percent: percent.describe('hits ÷ runs'),
  ci95: z.tuple([percent, percent]).describe('Exact binomial interval of the percent (Clopper and Pearson).'),
});

const spreadSchema = z.strictObject({
  metric: z.string(),
  comparisons: z.int().positive(),
  logRatioStdev: notNegative.describe('Over rounds, of ln twin − ln baseline; pooled over the comparisons.'),
  rounds: z.int().positive().describe('Of the run that the curve is for.'),
  power: z.array(
    z.strictObject({
      differencePercent: z.number().positive(),
      powerPercent: percent.describe('Chance that such a run finds it: p < 0.05, not adjusted.'),
    }),
  ),
});

export const calibrationSchema = z.strictObject({
  schema: z.literal(calibrationSchemaVersion),
  id: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  seed: count,
  minutes: z.number().positive().describe('The budget that was given.'),
  host: hostSchema,
  hostFingerprint: z.string().regex(/^[0-9a-f]{12}$/, 'expected 12 lower-case hex digits'),
  checks: z.array(checkSchema),
  shares: z
    .array(shareSchema)
    .describe('How often differences were found, where there was none and where one was.'),
  spreads: z.array(spreadSchema).describe('What this host’s real noise lets a run see.'),
});

export type Calibration = z.infer<typeof calibrationSchema>;
export type CalibrationPart = z.infer<typeof partSchema>;
export type Check = z.infer<typeof checkSchema>;
export type CheckItem = z.infer<typeof checkItemSchema>;
export type Share = z.infer<typeof shareSchema>;
export type Spread = z.infer<typeof spreadSchema>;
