import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseFile } from './parse-file.ts';
import { isEmulated, runIdSchema, verdictSchema } from './run-file.ts';
import type { HostFacts, RunFile } from './run-file.ts';
import { historyLineOfSchema1 } from './schema-1.ts';

/** Version of the history lines that this library writes and reads. */
const historySchemaVersion = 2;

const finite = z.number();
const interval = z.tuple([finite, finite]);
const fingerprintSchema = z.string().regex(/^[0-9a-f]{12}$/, 'expected 12 lower-case hex digits');

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
  id: runIdSchema,
  startedAt: z.iso.datetime(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, 'expected 7 or more hex digits')
    .nullable()
    .describe('Commit that was checked out; null outside a repository.'),
  dirty: z.boolean().describe('Whether the tree had changes that are not in the commit.'),
  hostFingerprint: fingerprintSchema,
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
  control: z.string().nullable().describe('Name of the A/A control.'),
  workloads: z.array(
    z.strictObject({
      name: z.string(),
      conditions: fingerprintSchema.describe('Stands for the requests, the load and the resources.'),
      artifact: fingerprintSchema.nullable().describe('First digits of its sha256.'),
    }),
  ),
  environments: z
    .array(z.strictObject({ name: z.string(), kind: z.string(), emulated: z.boolean() }))
    .describe('Those that were measured.'),
  figures: z.array(figure),
  comparisons: z.array(comparison).describe('Those that were judged.'),
});

export type HistoryLine = z.infer<typeof historyLineSchema>;
type HistoryFigure = HistoryLine['figures'][number];

/**
 * Reads a file of the history.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file and what is wrong: truncated, another version, another shape.
 */
export function parseHistoryLine(text: string, path: string): HistoryLine {
  return parseFile(historyLineSchema, text, path, {
    name: 'history version',
    read: historySchemaVersion,
    upgrades: { 1: historyLineOfSchema1 },
  });
}

/** What a run file does not know of the tree that was measured. */
export type CommitFacts = {
  /** Full name of the commit; null outside a repository. */
  readonly commit: string | null;
  /** Whether the tree had changes that are not in the commit. */
  readonly dirty: boolean;
};

/** Digits that figures keep: far more than their noise, and a line stays short. */
const significantDigits = 7;

/** What the history keeps of a run: its figures and verdicts, without trials and histograms; 10 to 30 kB. */
export function historyLine(run: RunFile, { commit, dirty }: CommitFacts): HistoryLine {
  const host = stableHost(run.host);
  const { resources } = run.config;
  const { sliceMs, ...otherLoad } = run.config.load;
  const load = {
    ...otherLoad,
    // the name that slices had in older lines: under another the conditions would seem to have changed
    ...(sliceMs !== undefined && { turnMs: sliceMs }),
    // a measured warm-up differs from run to run
    ...(run.warmUps !== undefined && { warmupMs: 'found' }),
  };
  return {
    schema: historySchemaVersion,
    id: run.id,
    startedAt: run.startedAt,
    commit,
    dirty,
    hostFingerprint: hostFingerprint(run.host),
    host,
    rounds: run.plan.rounds,
    seed: run.seed,
    baseline: run.config.baseline,
    control: run.config.control,
    workloads: run.config.workloads.map((workload) => ({
      name: workload.name,
      conditions: fingerprint({ workload, load, resources }),
      artifact: run.artifacts[workload.name]?.sha256.slice(0, fingerprintDigits) ?? null,
    })),
    environments: run.environments
      .filter(({ status }) => status === 'measured')
      .map((environment) => ({
        name: environment.name,
        kind: environment.kind,
        emulated: isEmulated(environment),
      })),
    figures: figuresOf(run),
    comparisons: run.comparisons.flatMap(({ workload, metric, candidate, ratio, ci95, verdict }) =>
      ratio === null || verdict === null
        ? []
        : [{ workload, metric, candidate, ratio: short(ratio), ci95: shortPair(ci95), verdict }],
    ),
  };
}

/** Figures of the environments that were measured to the end. */
function figuresOf({ summary, environments: listed }: RunFile): HistoryFigure[] {
  const failed = listed.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return Object.entries(summary).flatMap(([workload, environments]) =>
    Object.entries(environments)
      .filter(([environment]) => !failed.includes(environment))
      .flatMap(([environment, metrics]) =>
        Object.entries(metrics).map(([metric, { n, mean, ci95, median }]) => ({
          workload,
          environment,
          metric,
          n,
          mean: short(mean),
          ci95: shortPair(ci95),
          median: short(median),
        })),
      ),
  );
}

function short(value: number): number {
  return Number(value.toPrecision(significantDigits));
}

function shortPair(interval: readonly [number, number] | null): [number, number] | null {
  return interval === null ? null : [short(interval[0]), short(interval[1])];
}

/**
 * 12 hex digits that stand for a host. They change with the model and number of CPUs, the memory (in GiB), the kernel's major
 * and minor version, the hypervisor, and the version of Node.
 */
export function hostFingerprint(host: HostFacts): string {
  return fingerprint(stableHost(host));
}

/** The facts of a host that must be the same for its runs to form one series. */
type StableHost = {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** System, major and minor version: "Linux 6.18". */
  readonly kernel: string;
  readonly virtualised: string;
  readonly node: string;
};

/**
 * The facts of a host that stay as they are from day to day. Left out: the distribution, the patch level of the kernel, and
 * less than half a GiB of memory, which a firmware or a hypervisor may take.
 */
function stableHost({ cpuModel, cores, memoryMiB, kernel, virtualised, node }: HostFacts): StableHost {
  return {
    cpuModel,
    cores,
    memoryGiB: Math.round(memoryMiB / 1024),
    kernel: /^\D*\d+\.\d+/.exec(kernel)?.[0] ?? kernel,
    virtualised,
    node,
  };
}

const fingerprintDigits = 12;

/** 12 hex digits that stand for some plain data: the same data give the same, whatever the order of their keys. */
function fingerprint(data: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(data, sortKeys))
    .digest('hex')
    .slice(0, fingerprintDigits);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
