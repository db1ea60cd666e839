/** A commit of a gate. */
export type ReportedCommit = {
  readonly ref: string;
  readonly commit: string;
  readonly subject: string;
  readonly modified: boolean;
};

/** Head against base: one metric of one workload in one environment. */
export type ReportedComparison = {
  readonly workload: string;
  readonly environment: string;
  readonly metric: string;
  readonly n: number;
  /** Head ÷ base. */
  readonly ratio: number | null;
  readonly ci95: readonly [number, number] | null;
  readonly decision: 'pass' | 'regression' | 'undecided' | null;
  readonly roundsMore: number | null;
  readonly note: string | null;
};

/** What became of a workload or an environment that was not measured, and why. */
type Status = { readonly status: string; readonly reason?: string; readonly sha256?: string };

/** What a report shows of a gate: `gate.json` has it all. */
export type GateReport = {
  readonly startedAt: string;
  readonly decision: 'pass' | 'regression' | 'undecided' | 'invalid';
  readonly exitCode: number;
  readonly problem: string | null;
  readonly base: ReportedCommit | null;
  readonly head: ReportedCommit | null;
  /** As a share. */
  readonly threshold: number;
  readonly workloads: readonly (Status & { readonly workload: string })[];
  readonly environments: readonly (Status & { readonly environment: string })[];
  readonly run: { readonly id: string; readonly seed: number; readonly rounds: number } | null;
  readonly comparisons: readonly ReportedComparison[];
  readonly warnings: readonly string[];
};
