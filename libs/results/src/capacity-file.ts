import { appendFile } from 'node:fs/promises';
import { z } from 'zod';
import { checkData, parseFile } from './parse-file.ts';
import { diagnosticSchema, environmentResultSchema, hostSchema } from './run-file.ts';
import { failuresSchema } from './trial-schema.ts';
import { fileProblem, writeJson } from './write-aside.ts';

/** Version of the capacity file that this library writes and reads. */
export const capacityFileSchemaVersion = 1;

const count = z.int().nonnegative();
const notNegative = z.number().nonnegative();
const rateRps = z.number().positive();
const isoDate = z.iso.datetime();

const stepOutcomeSchema = z.enum(['meets', 'misses', 'generator-limited']);
const capacityLimitSchema = z.enum(['slo', 'generator', 'maximum', 'steps']);

const slo = z.strictObject({
  text: z.string().describe('As it is shown: "p99 ≤ 50 ms".'),
  percentile: z.number().gt(0).lt(100),
  limitMs: z.number().positive(),
});

const capacityStepSchema = z.strictObject({
  workload: z.string(),
  environment: z.string(),
  pass: z.int().positive(),
  startedAt: isoDate,
  rateRps: rateRps.describe('Offered load: planned arrivals per second.'),
  durationMs: z.number().positive(),
  planned: count.describe('Requests whose planned time lies in the window.'),
  requests: count.describe('2xx replies to them.'),
  errors: count,
  timeouts: count,
  failures: failuresSchema,
  lateSends: count.describe('Of the planned ones, how many the generator sent more than 1 ms late.'),
  maxLateMs: notNegative,
  latencyMs: z
    .strictObject({
      mean: notNegative,
      p50: notNegative,
      p90: notNegative,
      p95: notNegative,
      p99: notNegative,
      max: notNegative,
    })
    .describe('From the planned time of sending to the end of the reply.'),
  sloLatencyMs: notNegative.describe('The quantile that the objective names.'),
  histogram: z
    .string()
    .describe('HDR histogram of latencies in microseconds, V2 compressed, base64. Mergeable.'),
  generatorCpuPercent: notNegative,
  outcome: stepOutcomeSchema.describe(
    'generator-limited: the load generator was late or busy, so the step says nothing about the server.',
  ),
});

const found = {
  highestRps: rateRps.nullable().describe('Highest rate that meets the objective; null when none did.'),
  lowestMissRps: rateRps.nullable().describe('Lowest rate that misses it; null when none did.'),
  limit: capacityLimitSchema.describe(
    'What ended the search. With another limit than the objective, the capacity is at least the highest rate.',
  ),
};

const passCapacitySchema = z.strictObject({ pass: z.int().positive(), ...found });

export const capacitySchema = z.strictObject({
  workload: z.string(),
  environment: z.string(),
  ...found,
  passes: z
    .array(passCapacitySchema)
    .min(1)
    .describe('The search of each pass. The figures above hold for all of them together.'),
});

const capacityConfigSchema = z.strictObject({
  slo,
  workloads: z.array(
    z.strictObject({
      name: z.string(),
      requestPath: z.string(),
      parameters: z.record(z.string(), z.number()),
    }),
  ),
  environments: z.array(z.string()),
  passes: z.int().positive(),
  windowMs: z.number().positive().describe('Length of the window of a step.'),
  warmupMs: notNegative.describe('Closed-loop load on a fresh instance before its first step.'),
  connections: z.int().positive().describe('Of the warm-up.'),
  tolerance: z
    .number()
    .positive()
    .describe('The search ends when the bracket is this share of its lower end wide.'),
  startRps: rateRps,
  maxRps: rateRps,
  resources: z.strictObject({
    cpus: z.number().positive(),
    memoryMiB: z.number().positive(),
    serverCpus: z.array(count).nullable(),
    generatorCpus: z.array(count).nullable(),
  }),
});

export const capacityFileSchema = z.strictObject({
  schema: z.literal(capacityFileSchemaVersion),
  id: z.string(),
  startedAt: isoDate,
  finishedAt: isoDate,
  seed: z.int().nonnegative(),
  host: hostSchema,
  config: capacityConfigSchema,
  environments: z.array(environmentResultSchema),
  generatorRps: rateRps.describe(
    'Highest rate at which the same generator meets the objective against a server that answers at once.',
  ),
  steps: z.array(capacityStepSchema).describe('Every step, in the order of time.'),
  capacities: z.array(capacitySchema),
  diagnostics: z.array(diagnosticSchema),
});

export type CapacityFile = z.infer<typeof capacityFileSchema>;
export type CapacityStep = z.infer<typeof capacityStepSchema>;
export type Capacity = z.infer<typeof capacitySchema>;
export type PassCapacity = z.infer<typeof passCapacitySchema>;
export type CapacityConfig = z.infer<typeof capacityConfigSchema>;
export type CapacityLimit = z.infer<typeof capacityLimitSchema>;
export type StepOutcome = z.infer<typeof stepOutcomeSchema>;
export type Slo = CapacityConfig['slo'];

/**
 * Reads a capacity file.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file, the place in it, what was expected and what was found; a truncated file
 * and an unknown schema version have lines of their own.
 */
export function parseCapacityFile(text: string, path: string): CapacityFile {
  return parseFile(capacityFileSchema, text, path, {
    name: 'schema version',
    read: capacityFileSchemaVersion,
  });
}

/**
 * Validates a capacity file and writes it, whole or not at all; creates the folder. An earlier file stays until then.
 * @throws Error, one line that names the file and what is wrong with it, or why it could not be written.
 */
export async function writeCapacityFile(path: string, file: CapacityFile): Promise<void> {
  await writeJson(capacityFileSchema, path, file);
}

/**
 * Appends a step as one line of JSON; resolves when it has reached the disk. The folder must be there.
 * @throws Error, one line, when the step is invalid or cannot be written.
 */
export async function appendCapacityStep(path: string, step: CapacityStep): Promise<void> {
  const name = `step of "${step.environment}" at ${step.rateRps} req/s`;
  const checked = checkData(capacityStepSchema, step, `${path}: ${name} is invalid`);
  try {
    await appendFile(path, `${JSON.stringify(checked)}\n`, { flush: true });
  } catch (error) {
    throw fileProblem(path, `${name} not written`, error);
  }
}
