/**
 * The outcome of a gate. `invalid`: nothing was measured that could support a decision. The exit code of each is its place
 * among the first three, and 3.
 */
export type GateDecision = 'pass' | 'regression' | 'undecided' | 'invalid';

/** The exit code of each decision. */
export const gateExitCodes = {
  pass: 0,
  regression: 1,
  undecided: 2,
  invalid: 3,
} as const satisfies Record<GateDecision, number>;

/** A commit that was measured, or the state of the working tree upon it. */
export type GateCommit = {
  /** The name it was requested by: "origin/main". */
  readonly ref: string;
  /** The full hash. */
  readonly commit: string;
  /** First line of its message. */
  readonly subject: string;
  /** Whether tracked files differ from the commit; never for the base. */
  readonly modified: boolean;
};

/** What was done about a workload. */
export type GateWorkload =
  | { readonly workload: string; readonly status: 'measured' }
  /** Nothing to measure: both sides run the same bytes. */
  | { readonly workload: string; readonly status: 'same-bytes'; readonly sha256: string }
  | { readonly workload: string; readonly status: 'not-compared'; readonly reason: string };

/** What was done about an environment. */
export type GateEnvironment =
  | { readonly environment: string; readonly status: 'measured' }
  /** No workload was to be measured in it. */
  | { readonly environment: string; readonly status: 'not-needed' }
  /** Measured, but without a decision. */
  | { readonly environment: string; readonly status: 'not-judged'; readonly reason: string }
  | { readonly environment: string; readonly status: 'not-measured'; readonly reason: string };

/** One metric of one workload in one environment: head against base. */
export type GateComparison = {
  readonly workload: string;
  readonly environment: string;
  /** Key of the metric. */
  readonly metric: string;
  /** Rounds in which both were measured. */
  readonly n: number;
  /** Head ÷ base; null without a figure. */
  readonly ratio: number | null;
  /** Interval of the ratio that decides: those of all looks hold it together with about 95 %. */
  readonly ci95: readonly [number, number] | null;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  /** null where nothing is decided; the note says why. */
  readonly decision: Exclude<GateDecision, 'invalid'> | null;
  /** Further rounds that an undecided comparison would need; null when decided, or when no feasible number would do. */
  readonly roundsMore: number | null;
  readonly note: string | null;
};

/** The result of a gate: `gate.json`. Plain data. */
export type GateResult = {
  readonly schema: 1;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly decision: GateDecision;
  readonly exitCode: number;
  /** Why there is no decision, in one line; null when there is one. */
  readonly problem: string | null;
  /** null when it was not found. */
  readonly base: GateCommit | null;
  readonly head: GateCommit | null;
  /** The smallest worsening that matters to the gate, as a share. */
  readonly threshold: number;
  readonly workloads: readonly GateWorkload[];
  readonly environments: readonly GateEnvironment[];
  /** The run that was made; null when there was none. */
  readonly run: { readonly id: string; readonly seed: number; readonly rounds: number } | null;
  readonly comparisons: readonly GateComparison[];
  /** What makes the figures less sure, a line each. */
  readonly warnings: readonly string[];
};
