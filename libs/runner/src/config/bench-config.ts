import type { Environment } from '@tare/environment';
import type { Guards, Margins } from '@tare/results';
import type { Workload } from './workload.ts';

/** What `bench.config.ts` exports: which apps to measure, in which environments, and how. */
export type BenchConfig = {
  readonly workloads: readonly Workload[];
  readonly environments: readonly Environment[];
  /** Name of the environment that the others are compared with. */
  readonly baseline?: string;
  /**
   * A second copy of the baseline in every round, whose comparison with the baseline must come out "same"; true by default.
   */
  readonly twin?: boolean;
  /**
   * So many rounds; or, by default, a pilot from whose spread the number of rounds is computed once, at most `max`.
   */
  readonly rounds?: number | { readonly pilot?: number; readonly max?: number };
  /** How long the rounds may take together, in minutes, when their number follows from a pilot. */
  readonly budgetMinutes?: number;
  readonly load?: {
    /** Open connections, each with one request under way. */
    readonly connections?: number;
    /** Load before the window, not counted. By default so much that the slowest environment is steady, as observed. */
    readonly warmupMs?: number;
    /** Length of the window. Give this or `requests`. */
    readonly durationMs?: number;
    /** The window ends after this many replies. Give this or `durationMs`. */
    readonly requests?: number;
    /**
     * The window at a fixed arrival rate, which latencies are taken from; false for none. The rate is half of what the
     * slowest environment can serve, unless it is given.
     */
    readonly open?: false | { readonly rateRps?: number; readonly durationMs?: number };
    /**
     * Environments that can be up side by side get the load of a window that is a duration in turns of so many
     * milliseconds, so that a host whose speed changes changes it for all; 0 for one environment at a time.
     */
    readonly turnMs?: number;
  };
  /** Relative differences that do not matter, as shares, by key of the metric: { throughputRps: 0.02 }. */
  readonly margins?: Margins;
  /** Limits beyond which a round is repeated. */
  readonly guards?: Partial<Guards>;
  readonly resources?: {
    /** CPUs for the app; the load generator gets the others. */
    readonly cpus?: number;
    readonly memoryMiB?: number;
  };
  /** In how many rounds, from the first, a machine boots from nothing; in the others its service is restarted. */
  readonly coldBoots?: number;
  /** How many times a round may be repeated because a trial in it failed or violated a guard. */
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
  readonly twin: boolean;
  readonly rounds:
    | { readonly kind: 'fixed'; readonly rounds: number }
    | { readonly kind: 'pilot'; readonly pilot: number; readonly max: number };
  readonly budgetMs: number;
  readonly load: {
    readonly connections: number;
    /** undefined: it is found before the first round. */
    readonly warmupMs: number | undefined;
    readonly window:
      | { readonly kind: 'duration'; readonly durationMs: number }
      | { readonly kind: 'requests'; readonly requests: number };
    /** undefined for no open-loop window; without a rate it is found before the first round. */
    readonly open: { readonly rateRps: number | undefined; readonly durationMs: number } | undefined;
    /** After this long a turn sends nothing more, and ends with the last reply; undefined for no turns. */
    readonly turnMs: number | undefined;
  };
  readonly margins: Margins;
  readonly guards: Guards;
  readonly resources: { readonly cpus: number; readonly memoryMiB: number };
  readonly coldBoots: number;
  readonly retries: number;
  readonly seed: number | undefined;
};
