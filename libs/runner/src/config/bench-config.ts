import type { Environment } from '@tare/environment';
import { z } from 'zod';
import type { Workload } from './workload.ts';

/** What `bench.config.ts` exports: which apps to measure, in which environments, and how. */
export type BenchConfig = {
  readonly workloads: readonly Workload[];
  readonly environments: readonly Environment[];
  /** Name of the environment that the others are compared with. */
  readonly baseline?: string;
  readonly rounds?: number;
  readonly load?: {
    /** Open connections, each with one request under way. */
    readonly connections?: number;
    /** Load before the window, not counted. */
    readonly warmupMs?: number;
    /** Length of the window. Give this or `requests`. */
    readonly durationMs?: number;
    /** The window ends after this many replies. Give this or `durationMs`. */
    readonly requests?: number;
  };
  readonly resources?: {
    /** CPUs for the app; the load generator gets the others. */
    readonly cpus?: number;
    readonly memoryMiB?: number;
  };
  /** In how many rounds, from the first, a machine boots from nothing; in the others its service is restarted. */
  readonly coldBoots?: number;
  /** How many times in all a round may be repeated because a trial in it failed. */
  readonly retries?: number;
  /** Seed of the orders of the rounds; a new one for every run by default. It is in the run file. */
  readonly seed?: number;
};

/** Returns its argument: gives an editor the types of `bench.config.ts`. */
export function defineBench(config: BenchConfig): BenchConfig {
  return config;
}

/** The configuration with its defaults filled in. */
export type ResolvedConfig = {
  readonly workloads: readonly Workload[];
  readonly environments: readonly Environment[];
  readonly baseline: string;
  readonly rounds: number;
  readonly load: {
    readonly connections: number;
    readonly warmupMs: number;
    readonly window:
      | { readonly kind: 'duration'; readonly durationMs: number }
      | { readonly kind: 'requests'; readonly requests: number };
  };
  readonly resources: { readonly cpus: number; readonly memoryMiB: number };
  readonly coldBoots: number;
  readonly retries: number;
  readonly seed: number | undefined;
};

const name = z.string().regex(/^[a-z][a-z0-9:._-]*$/i, 'expected letters, digits and : . _ -');
const functionOf = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'function', `expected ${what}`);
const positive = z.int().min(1);

const request = z.strictObject({
  path: z.string().startsWith('/'),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
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
  variables: z.record(z.string(), z.string()).optional(),
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
} as const;

const schema = z.strictObject({
  workloads: z.array(workload).min(1),
  environments: z.array(environment).min(1),
  baseline: name.optional(),
  rounds: positive.max(limits.rounds).default(12),
  load: z
    .strictObject({
      connections: positive.max(limits.connections).default(8),
      warmupMs: z.number().min(0).max(limits.warmupMs).default(2000),
      durationMs: z.number().min(1).max(limits.durationMs).optional(),
      requests: positive.optional(),
    })
    .prefault({}),
  resources: z
    .strictObject({ cpus: positive.default(1), memoryMiB: z.int().min(64).default(512) })
    .prefault({}),
  coldBoots: z.int().min(0).max(limits.rounds).default(3),
  retries: z.int().min(0).max(100).default(2),
  seed: z.int().min(0).optional(),
});

const defaultDurationMs = 3000;

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
  const { workloads, environments, baseline, rounds, load, resources, coldBoots, retries, seed } =
    parsed.data;
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
    rounds,
    load: {
      connections: load.connections,
      warmupMs: load.warmupMs,
      window:
        load.requests === undefined
          ? { kind: 'duration', durationMs: load.durationMs ?? defaultDurationMs }
          : { kind: 'requests', requests: load.requests },
    },
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
