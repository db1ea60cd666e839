import type { Environment } from '@tare/environment';
import { metricCatalogue, type Guards } from '@tare/results';
import { z } from 'zod';
import { defaultGuards } from '../guards/default-guards.ts';
import type { ResolvedConfig } from './bench-config.ts';
import type { Workload } from './workload.ts';

const name = z.string().regex(/^[a-z][a-z0-9:._-]*$/i, 'expected letters, digits and : . _ -');
const functionOf = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'function', `expected ${what}`);
const positive = z.int().min(1);

const request = z.strictObject({
  path: z.string().startsWith('/'),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.union([z.string(), z.instanceof(Uint8Array)]).optional(),
});

const workload = z.strictObject({
  name,
  artifact: z.instanceof(URL, { message: 'expected a file URL: new URL("…", import.meta.url)' }),
  healthPath: z.string().startsWith('/'),
  parameters: z.record(z.string(), z.number()).optional(),
  request: functionOf<Workload['request']>('a function from the parameters to a request'),
  conformance: z
    .array(
      z.strictObject({
        request,
        status: z.int().min(100).max(599),
        json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
      }),
    )
    .min(1),
  setUp: functionOf<NonNullable<Workload['setUp']>>('a function that puts data into an instance').optional(),
  dataVariable: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'expected the name of an environment variable')
    .optional(),
  variables: z.record(z.string(), z.string()).optional(),
  byDefault: z.boolean().optional(),
  port: z.int().min(1).max(65_535).optional(),
});

const environment = z.custom<Environment>(
  (value) => {
    const candidate = value as Partial<Environment> | null;
    return (
      typeof candidate?.name === 'string' &&
      typeof candidate.kind === 'string' &&
      (['probe', 'reap', 'prepare', 'start', 'dispose'] as const).every(
        (method) => typeof candidate[method] === 'function',
      )
    );
  },
  { message: 'expected an environment: name, kind, probe, reap, prepare, start and dispose' },
);

/** Upper bounds keep a slip of the finger from a run of days. */
export const limits = {
  rounds: 1000,
  connections: 10_000,
  warmupMs: 600_000,
  durationMs: 3_600_000,
  rateRps: 1_000_000,
  turnMs: 60_000,
  budgetMinutes: 24 * 60,
  retries: 100,
} as const;

/** Fewer rounds tell nothing of the spread. */
const fewestPilotRounds = 2;

const share = z.number().min(0).max(10);
const limit = z.number().min(0);

const schema = z.strictObject({
  workloads: z.array(workload).min(1),
  environments: z.array(environment).min(1),
  baseline: name.optional(),
  twin: z.boolean().default(true),
  rounds: z
    .union([
      positive.max(limits.rounds),
      z.strictObject({
        pilot: z.int().min(fewestPilotRounds).max(limits.rounds).default(6),
        max: positive.max(limits.rounds).default(30),
      }),
    ])
    .prefault({}),
  budgetMinutes: z.number().positive().max(limits.budgetMinutes).default(15),
  load: z
    .strictObject({
      connections: positive.max(limits.connections).default(8),
      warmupMs: z.number().min(0).max(limits.warmupMs).optional(),
      durationMs: z.number().min(1).max(limits.durationMs).optional(),
      requests: positive.optional(),
      open: z
        .union([
          z.literal(false),
          z.strictObject({
            rateRps: z.number().positive().max(limits.rateRps).optional(),
            durationMs: z.number().min(100).max(limits.durationMs).default(3000),
          }),
        ])
        .prefault({}),
      turnMs: z.number().min(0).max(limits.turnMs).default(25),
    })
    .prefault({}),
  margins: z.partialRecord(z.enum(metricCatalogue.map(({ key }) => key)), share).default({}),
  guards: z
    .strictObject({
      foreignCpus: limit,
      stealPercent: limit,
      throttledMs: limit,
      clockDriftPercent: limit,
      generatorCpuPercent: limit,
      lateSendsPercent: limit,
      errorsPercent: limit,
    })
    .partial()
    .prefault({}),
  resources: z
    .strictObject({ cpus: positive.default(1), memoryMiB: z.int().min(64).default(512) })
    .prefault({}),
  coldBoots: z.int().min(0).max(limits.rounds).default(3),
  retries: z.int().min(0).max(limits.retries).default(2),
  seed: z.int().min(0).optional(),
});

const defaultDurationMs = 3000;
const msPerMinute = 60_000;

/**
 * Checks a configuration and fills in its defaults.
 * @param source what to call it in messages: the path of the file.
 * @throws Error with one line: which member, what is wrong with it, what was expected.
 */
export function resolveConfig(config: unknown, source: string): ResolvedConfig {
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? 'the configuration' : issue.path.join('.');
    throw new Error(`${source}: ${place}: ${issue?.message ?? 'not valid'}`);
  }
  const { workloads, environments, baseline, twin, rounds, budgetMinutes, load, margins, guards } =
    parsed.data;
  const { resources, coldBoots, retries, seed } = parsed.data;
  refuseTwice(environments, 'environments', source);
  refuseTwice(workloads, 'workloads', source);
  if (load.durationMs !== undefined && load.requests !== undefined) {
    throw new Error(`${source}: load has durationMs and requests, expected one of them`);
  }
  return {
    // zod's optional members may be undefined, ours are absent: same at run time
    workloads: workloads as readonly Workload[],
    environments,
    baseline: baseline ?? environments[0]?.name ?? '',
    twin,
    rounds:
      typeof rounds === 'number'
        ? { kind: 'fixed', rounds }
        : { kind: 'pilot', pilot: Math.min(rounds.pilot, rounds.max), max: rounds.max },
    budgetMs: budgetMinutes * msPerMinute,
    load: {
      connections: load.connections,
      warmupMs: load.warmupMs,
      window:
        load.requests === undefined
          ? { kind: 'duration', durationMs: load.durationMs ?? defaultDurationMs }
          : { kind: 'requests', requests: load.requests },
      open:
        load.open === false ? undefined : { rateRps: load.open.rateRps, durationMs: load.open.durationMs },
      turnMs: load.turnMs === 0 ? undefined : load.turnMs,
    },
    margins: margins,
    guards: { ...defaultGuards, ...(guards as Partial<Guards>) },
    resources,
    coldBoots,
    retries,
    seed,
  };
}

function refuseTwice(named: readonly { readonly name: string }[], what: string, source: string): void {
  const names = named.map((each) => each.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined)
    throw new Error(`${source}: ${what} has the name "${twice}" twice, expected unique names`);
}
