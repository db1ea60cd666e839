import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseFile } from './parse-file.ts';
import { hostSchema } from './run-file.ts';
import { errorCode, fileProblem } from './write-aside.ts';

/** Version of the calibration file that this library writes and reads. */
export const calibrationSchemaVersion = 1;

const count = z.int().nonnegative();
const finite = z.number();
const notNegative = z.number().nonnegative();
const percent = z.number().min(0).max(100);

/** The parts of a calibration, in their order. */
export const calibrationParts = ['latency', 'cpu', 'memory', 'startup', 'aa', 'ab', 'power'] as const;

/** Those that are made unless told: the recorded rounds of `power` would take the time of the real comparisons. */
export const usualParts = calibrationParts.filter((part) => part !== 'power');

const partSchema = z.enum(calibrationParts);

const checkItemSchema = z.strictObject({
  what: z.string(),
  reported: finite.describe('What Tare reports, in the unit of the check.'),
  truth: finite.nullable().describe('What it should have reported; null where there is no single truth.'),
  errorText: z.string(),
  limitText: z.string(),
  passed: z.boolean().nullable().describe('null for a figure that is shown, not judged.'),
});

const checkBase = {
  id: z.string(),
  part: partSchema,
  title: z.string(),
  unit: z.string(),
  keptFrom: z.iso
    .datetime()
    .optional()
    .describe('End of the earlier calibration that made this check; absent where this one made it.'),
};
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
  logRatioStdev: notNegative.describe(
    'Over rounds, of ln control − ln baseline; pooled over the comparisons.',
  ),
  rounds: z.int().positive().describe('Of the run that the curve is for.'),
  power: z.array(
    z.strictObject({
      differencePercent: z.number().positive(),
      powerPercent: percent.describe('Chance that such a run finds it: p < 0.05, not adjusted.'),
    }),
  ),
});

const timedSchema = z.strictObject({
  rounds: z
    .int()
    .positive()
    .nullable()
    .describe('Median; null where half of the runs or more do not decide.'),
  minutes: z.number().positive().nullable().describe('Rounds × time of a round.'),
  percent: percent.describe('Share of the runs that decide so.'),
});

const powerSchema = z.strictObject({
  slowdownPercent: z.number().positive(),
  rounds: z.int().positive().describe('Rounds that were recorded, of native and its copy.'),
  roundMs: notNegative.describe('How long a round of the two took.'),
  mostRounds: z.int().positive().describe('Most rounds of the runs that were made of them.'),
  resamples: z.int().positive().describe('How many runs were made of them.'),
  metrics: z.array(
    z.strictObject({
      metric: z.string(),
      logRatioStdev: notNegative.describe('Over rounds; of the typical slices where there are slices.'),
      found: timedSchema.describe('Until the slowdown is found.'),
      same: timedSchema.describe('Until equal copies are shown to be the same.'),
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
  power: powerSchema.optional().describe('How soon a run tells on this host; only where that was asked for.'),
});

export type Calibration = z.infer<typeof calibrationSchema>;
export type CalibrationPart = z.infer<typeof partSchema>;
export type Check = z.infer<typeof checkSchema>;
type CheckMade = Extract<Check, { status: 'made' }>;
export type CheckItem = z.infer<typeof checkItemSchema>;
export type Share = z.infer<typeof shareSchema>;
export type Power = z.infer<typeof powerSchema>;
export type MetricPower = Power['metrics'][number];
export type Spread = z.infer<typeof spreadSchema>;

/** @returns the path of a host's calibration file in a folder. */
export function calibrationPath(folder: string, hostFingerprint: string): string {
  return join(folder, `${hostFingerprint}.json`);
}

/**
 * Reads the calibration of a host.
 * @returns null for a host without calibration.
 * @throws Error, one line that names the file and what is wrong with it.
 */
export async function readCalibration(folder: string, hostFingerprint: string): Promise<Calibration | null> {
  const path = calibrationPath(folder, hostFingerprint);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw fileProblem(path, 'not read', cause);
  }
  try {
    return parseFile(calibrationSchema, text, path, {
      name: 'schema version',
      read: calibrationSchemaVersion,
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}; calibrate again`, { cause });
  }
}

/** A count and its total; a percentage alone would hide small totals. */
type Found = { readonly found: number; readonly of: number };

/** What a report says about the calibration of its host. */
export type CalibrationSummary = {
  /** ISO date and time of the calibration's end. */
  readonly measuredAt: string;
  /** The same of the earliest calibration that parts of it were kept from; absent where all is of one. */
  readonly keptFrom?: string | undefined;
  /** Checks that passed and checks that failed; neither counts a check that was not made, or whose figures are only shown. */
  readonly passed: number;
  readonly failed: number;
  /** Real comparisons of two equal copies in which any metric came out better or worse; null without such comparisons. */
  readonly falseDifferences: Found | null;
  /** Real runs that found a slowdown of 5 % in the throughput (p < 0.05); null without such runs. */
  readonly slowdownsOf5Percent: Found | null;
  /** Minutes of a run until 5 % less throughput is found, and until “same” is shown; null for what no run is likely to tell. */
  readonly power?: { readonly found: number | null; readonly same: number | null } | undefined;
  /** Path of the file. */
  readonly path: string;
};

/** @returns a short form of a calibration. @param folder where its file is. */
export function summariseCalibration(calibration: Calibration, folder: string): CalibrationSummary {
  const { checks, shares, finishedAt, hostFingerprint } = calibration;
  const power = calibration.power?.metrics.find(({ metric }) => metric === 'throughputRps');
  const judged = checks.filter((check) => check.status === 'made').filter(isJudged);
  const [keptFrom] = checks.flatMap((check) => check.keptFrom ?? []).toSorted();
  const foundIn = (wanted: Partial<Share>): Found | null => {
    const matches = (share: Share): boolean =>
      Object.entries({ source: 'real', ...wanted }).every(
        ([key, value]) => Reflect.get(share, key) === value,
      );
    const share = shares.find(matches);
    return share === undefined ? null : { found: share.hits, of: share.runs };
  };
  return {
    measuredAt: finishedAt,
    ...(keptFrom !== undefined && { keptFrom }),
    passed: judged.filter(({ passed }) => passed).length,
    failed: judged.filter(({ passed }) => !passed).length,
    falseDifferences: foundIn({ part: 'aa', metric: 'any', outcome: 'verdict' }),
    slowdownsOf5Percent: foundIn({
      part: 'ab',
      slowdownPercent: 5,
      metric: 'throughputRps',
      outcome: 'significant',
    }),
    ...(power !== undefined && { power: { found: power.found.minutes, same: power.same.minutes } }),
    path: calibrationPath(folder, hostFingerprint),
  };
}

/** Whether a check that was made holds figures against limits, or failed before it could. */
export function isJudged({ passed, items }: Pick<CheckMade, 'passed' | 'items'>): boolean {
  return !passed || items.some((item) => item.passed !== null);
}

/**
 * Whether a calibration is good: at least one check was made, and none of latency, CPU, memory, startup or A/A failed. A
 * noisy host may miss small slowdowns; the report says so, but it is no failure.
 */
export function isGood({ checks }: Pick<Calibration, 'checks'>): boolean {
  const made = checks.filter((check) => check.status === 'made');
  return made.length > 0 && made.every((check) => check.part === 'ab' || check.passed);
}
