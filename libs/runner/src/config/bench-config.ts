import type { Environment } from '@tare/environment';
import { choice, number, text, toggle, whole } from '@tare/options';
import type { Arrivals } from '@tare/metrics';
import { metricCatalogue, type Guards } from '@tare/results';
import { fewestRounds } from '@tare/statistics';
import { z } from 'zod';
import { defaultGuards } from '../guards/violations.ts';
import { type AskedApp, longestName, type Workload, type WorkloadInput, workloadSchema } from './workload.ts';

/** Upper bounds keep a typing error from starting a run of days. */
export const most = {
  rounds: 1000,
  starts: 100,
  windowMs: 3_600_000,
  warmupMs: 600_000,
  sliceMs: 60_000,
} as const;
const perSecond = 1000;

/** Of a size that the first rounds choose. */
function chosenByRounds(usual: string, least: string, most: string): string {
  return `as much as the spreads of the first rounds ask for, from ${least} to ${most}; ${usual} where the number of rounds is given or nothing runs in slices`;
}

/**
 * The option table of a run: what the command line may say about it, by the name of the flag. `member` is the option's place
 * in `bench.config.ts`; `perFlag` is how many of its units there are in one of the flag's; `formerly` is the earlier name of
 * both: the flag still works, the member is refused with the new name.
 *
 * A new option of a run is an entry here; with a member it also stands in the schema below. Everything else follows: types,
 * checks, schema.json, `--help`, docs/options.md, the run file's record of its options and the command that repeats the run.
 */
export const runOptions = {
  environments: {
    schema: text({
      what: 'names, separated by commas',
      description:
        'Names of the environments, separated by commas; all includes those of the ladder of bench.config.ts.',
      otherwise: 'all of bench.config.ts that are not in its ladder',
    }).optional(),
  },
  workloads: {
    schema: text({
      what: 'names, separated by commas',
      description:
        'Names of the workloads, separated by commas. The name of an app stands for all of its workloads.',
      otherwise: 'all that bench.config.ts does not leave out',
    }).optional(),
  },
  // without a member: the configuration alone must not be enough to load somebody else's host
  allowRemote: {
    schema: text({
      what: 'host names, separated by commas',
      description:
        'Hosts other than this one that the environments of this run may load; each must be named here and in bench.config.ts.',
      otherwise: 'none',
    }).optional(),
  },
  baseline: {
    member: 'baseline',
    schema: text({
      description: 'Environment that the others are compared with.',
      otherwise: 'the first environment',
    }).optional(),
  },
  rounds: {
    member: 'rounds',
    schema: whole({
      min: 1,
      max: most.rounds,
      description: 'Number of rounds; a round is one trial of every environment.',
      otherwise: 'as many as the verdicts take, at most 30',
    }),
  },
  budget: {
    member: 'budgetMinutes',
    schema: number({
      min: 0.1,
      max: 24 * 60,
      unit: 'minutes',
      description: 'Time that the rounds may take together when their number is not given.',
    }).default(15),
  },
  until: {
    member: 'until',
    schema: choice(['decided', 'rounds', 'budget'], {
      description:
        'What ends the rounds if their number is not given. decided: the last decision, at the latest the most rounds or the budget; rounds: the most rounds alone; budget: the budget alone.',
    }).default('decided'),
  },
  control: {
    member: 'control',
    formerly: 'twin',
    schema: toggle({
      description:
        'Also measure an A/A control, a second copy of the baseline, which must come out the same.',
    }).default(true),
  },
  retries: {
    member: 'retries',
    schema: whole({
      min: 0,
      max: 100,
      description: 'How often a round may be repeated because a trial in it failed or was disturbed.',
    }).default(2),
  },
  starts: {
    member: 'starts',
    schema: whole({
      min: 0,
      max: most.starts,
      description:
        'How often each environment is started in every round to measure startup, one at a time and without load; machines are not. With 0, startup comes from the start of the trial.',
      otherwise: chosenByRounds('3', '1', '10'),
    }).optional(),
  },
  connections: {
    member: 'load.connections',
    schema: whole({
      min: 1,
      max: 10_000,
      description: 'Open connections of the closed loop, one request under way on each.',
    }).default(8),
  },
  warmup: {
    member: 'load.warmupMs',
    perFlag: perSecond,
    schema: number({
      min: 0,
      max: most.warmupMs,
      unit: 'milliseconds',
      description: 'Load on a fresh instance before its window; it does not count.',
      otherwise: 'what the slowest environment turns out to need',
    }).optional(),
  },
  duration: {
    member: 'load.durationMs',
    perFlag: perSecond,
    schema: number({
      min: 1,
      max: most.windowMs,
      unit: 'milliseconds',
      description: 'Length of the closed-loop window.',
      otherwise: chosenByRounds('1.5 seconds', '0.8', '1.8 seconds'),
    }).optional(),
  },
  requests: {
    member: 'load.requests',
    schema: whole({
      min: 1,
      description: 'End the closed-loop window after this many replies instead of after a time.',
    }).optional(),
  },
  sliceMs: {
    member: 'load.sliceMs',
    formerly: 'turnMs',
    schema: number({
      min: 0,
      max: most.sliceMs,
      unit: 'milliseconds',
      description:
        'Length of a slice: environments that can be up side by side get the closed-loop window in interleaved slices of load; 0 for one environment at a time.',
    }).default(25),
  },
  rate: {
    member: 'load.open.rateRps',
    schema: number({
      min: 0.1,
      max: 1_000_000,
      unit: 'requests per second',
      description: 'Arrival rate of the open-loop window.',
      otherwise: '20 % of what the slowest environment serves',
    }).optional(),
  },
  arrivals: {
    member: 'load.open.arrivals',
    schema: choice(['poisson', 'constant'], {
      description:
        'Planned times of the open-loop window. poisson: random times that the seed fixes; constant: constant intervals, which can fall into step with what is periodic.',
    }).default('poisson'),
  },
  openDuration: {
    member: 'load.open.durationMs',
    perFlag: perSecond,
    schema: number({
      min: 0,
      max: most.windowMs,
      unit: 'milliseconds',
      description: 'Length of the open-loop window, from which the latencies come; 0 for none.',
      otherwise: chosenByRounds('4 seconds', '1.6', '4 seconds'),
    }).optional(),
  },
  coldBoots: {
    member: 'coldBoots',
    schema: whole({
      min: 0,
      max: most.rounds,
      description:
        'Rounds, from the first, in which a machine boots from nothing; in the others its service is restarted.',
    }).default(3),
  },
  emulatedRounds: {
    member: 'emulatedRounds',
    schema: whole({
      min: 1,
      max: most.rounds,
      description: 'Rounds, from the first, that an emulated environment takes part in: it gets no verdict.',
      otherwise: 'those before the first look',
    }).optional(),
  },
  n: {
    schema: whole({
      min: 0,
      description: 'The parameter n of the workloads that have one.',
      otherwise: 'what the workload says',
    }).optional(),
  },
  seed: {
    member: 'seed',
    schema: whole({
      min: 0,
      description: 'Seed of the order of the environments in each round.',
      otherwise: 'a new one for every run; it is in the run file',
    }).optional(),
  },
} as const;

const environment = z.custom<Environment>(
  (value) => {
    const candidate = value as Partial<Environment> | null;
    return (
      typeof candidate?.name === 'string' &&
      candidate.name.length <= longestName &&
      typeof candidate.kind === 'string' &&
      (['probe', 'reap', 'prepare', 'start', 'dispose'] as const).every(
        (method) => typeof candidate[method] === 'function',
      )
    );
  },
  {
    message: `expected an environment: name of at most ${longestName} characters, kind, probe, reap, prepare, start and dispose`,
  },
);

const share = number({ min: 0, max: 10, description: 'Difference that does not matter, as a share.' });
const guard = (description: string, key: keyof Guards) =>
  number({ min: 0, description }).default(defaultGuards[key]);

/** What `bench.config.ts` exports. Members that a flag overrides are options of the table above. */
export const benchConfigSchema = z.strictObject({
  workloads: z
    .array(workloadSchema)
    .min(1)
    .describe('The apps and the requests that load them, by name or as a list.'),
  environments: z.array(environment).min(1).describe('Where they run.'),
  ladder: z
    .array(environment)
    .default([])
    .describe(
      'Further environments, measured only if named, or all of them with --environments=all, as -c ladder does.',
    ),
  baseline: runOptions.baseline.schema,
  control: runOptions.control.schema,
  rounds: z
    .union(
      [
        runOptions.rounds.schema,
        z.strictObject({
          looks: z
            .array(whole({ min: fewestRounds, max: most.rounds, description: 'Rounds of a look.' }))
            .min(1)
            .optional()
            .describe(
              'Rounds at which open comparisons are tested again, ascending; 6, 8, 10, 12, 15, 20, 25, 30 by default.',
            ),
          max: whole({ min: 1, max: most.rounds, description: 'Most rounds.' }).default(30),
          calm: whole({
            min: fewestRounds,
            max: most.rounds,
            description:
              'Most rounds on a calm host, where adjacent slices vary by no more than the margin of throughput; max by default.',
          }).optional(),
        }),
      ],
      { error: 'expected a whole number or { looks, max, calm }' },
    )
    .prefault({}),
  budgetMinutes: runOptions.budget.schema,
  until: runOptions.until.schema,
  load: z
    .strictObject({
      connections: runOptions.connections.schema,
      warmupMs: runOptions.warmup.schema,
      durationMs: runOptions.duration.schema,
      requests: runOptions.requests.schema,
      open: z
        .union(
          [
            z.literal(false),
            z.strictObject({
              rateRps: runOptions.rate.schema,
              arrivals: runOptions.arrivals.schema,
              durationMs: runOptions.openDuration.schema,
            }),
          ],
          { error: 'expected false or { rateRps, arrivals, durationMs }' },
        )
        .prefault({}),
      sliceMs: runOptions.sliceMs.schema,
    })
    .prefault({}),
  margins: z
    .partialRecord(z.enum(metricCatalogue.map(({ key }) => key)), share)
    .default({})
    .describe('Relative differences that do not matter, as shares, by key of the metric.'),
  guards: z
    .strictObject({
      foreignCpus: guard('Most CPUs that other programs may use.', 'foreignCpus'),
      stealPercent: guard('Most time that the hypervisor may take, in percent.', 'stealPercent'),
      throttledMs: guard('Longest time that the app may be throttled, in milliseconds.', 'throttledMs'),
      clockDriftPercent: guard('Most change of the CPU clock, in percent.', 'clockDriftPercent'),
      generatorCpuPercent: guard(
        'Most CPU that the load generator may use, in percent.',
        'generatorCpuPercent',
      ),
      lateSendsPercent: guard(
        'Most requests that may be sent more than 1 ms late, in percent; where the p99 is judged at most 1.',
        'lateSendsPercent',
      ),
      errorsPercent: guard('Most requests that may fail, in percent.', 'errorsPercent'),
    })
    .prefault({}),
  resources: z
    .strictObject({
      cpus: whole({
        min: 1,
        max: 4096,
        description: 'CPUs of the app; the load generator gets the others.',
      }).default(1),
      memoryMiB: whole({
        min: 64,
        max: 2 ** 24,
        unit: 'MiB',
        description: 'Memory that the app may take.',
      }).default(512),
    })
    .prefault({}),
  starts: runOptions.starts.schema,
  coldBoots: runOptions.coldBoots.schema,
  emulatedRounds: runOptions.emulatedRounds.schema,
  retries: runOptions.retries.schema,
  seed: runOptions.seed.schema,
});

type Named = {
  readonly workloads: readonly Workload[];
  readonly environments: readonly Environment[];
  readonly ladder: readonly Environment[];
};
type NamedMember = keyof Named;

/** What `bench.config.ts` exports: which apps to measure, in which environments, and how. docs/options.md has all members. */
export type BenchConfig = Readonly<Omit<z.input<typeof benchConfigSchema>, NamedMember>> & {
  /** By name, or as a list. */
  readonly workloads: Readonly<Record<string, AskedApp>> | readonly WorkloadInput[];
  readonly environments: readonly Environment[];
  /** Further ones, measured only if they are named, or with `--environments=all`: -c ladder. */
  readonly ladder?: readonly Environment[];
};

/** A checked `bench.config.ts`, its defaults filled in, before the command line is applied. */
export type Settings = Named & { readonly baseline: string } & Readonly<
    Omit<z.output<typeof benchConfigSchema>, NamedMember | 'baseline'>
  >;

/** The configuration of a run, as the runner reads it. */
export type ResolvedConfig = Omit<
  Settings,
  'ladder' | 'rounds' | 'budgetMinutes' | 'until' | 'load' | 'starts' | 'guards' | 'seed'
> & {
  readonly rounds:
    | { readonly kind: 'fixed'; readonly rounds: number }
    | {
        readonly kind: 'looks';
        readonly looks: readonly number[] | undefined;
        readonly max: number;
        /** The most on a calm host; `max` by default. */
        readonly calm?: number;
        readonly until: Settings['until'];
      };
  readonly budgetMs: number;
  readonly load: Omit<Settings['load'], 'warmupMs' | 'durationMs' | 'requests' | 'open' | 'sliceMs'> & {
    /** undefined: it is found before the first round. */
    readonly warmupMs: number | undefined;
    readonly window:
      | { readonly kind: 'duration'; readonly durationMs: number }
      | { readonly kind: 'requests'; readonly requests: number };
    /** undefined for no open-loop window; without a rate it is found before the first round. */
    readonly open:
      | {
          readonly rateRps: number | undefined;
          readonly arrivals: Arrivals;
          readonly durationMs: number;
        }
      | undefined;
    /** After this long a slice sends nothing more, and ends with the last reply; undefined for no slices. */
    readonly sliceMs: number | undefined;
  };
  readonly starts: number;
  /** What nobody gave: unless the number of rounds is, the first ones say how much of it the later ones need. */
  readonly chosen: Readonly<Record<'duration' | 'openDuration' | 'starts', boolean>>;
  readonly guards: Guards;
  readonly seed: number | undefined;
  /** Names of the other hosts that may be loaded. */
  readonly allowRemote: readonly string[];
  /** The options of the command line that give this configuration. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
};

/** Returns its argument: gives an editor the types of `bench.config.ts`. */
export function defineBench(config: BenchConfig): BenchConfig {
  return config;
}
