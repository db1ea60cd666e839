import type { CalibrationSummary } from '@tare/results/calibration';
import { isEmulated, type Comparison, type EnvironmentResult, type RunFile } from '@tare/results';
import { caveatsOf, comparisonWarnings, controlComparisons } from './caveats.ts';
import type { Caveat } from './caveats.ts';
import { ladderOf, type Ladder } from './ladder.ts';
import { recordOf, type RunRecord } from './record.ts';
import { metricOf } from './shown-metrics.ts';
import { roundsIn, type MissingEnvironment } from './subjects.ts';
import { counted, dateText, secondsText, withPlainText } from './words.ts';
import { workloadModels, type WorkloadModel } from './workload-model.ts';

/** A comparison with a verdict; `isFailure`: worse, or any difference of the A/A control. */
export type JudgedComparison = Comparison & { readonly isFailure: boolean };

type OfTheFile = Pick<RunFile, 'id' | 'seed' | 'startedAt' | 'host' | 'repeats' | 'diagnostics' | 'trials'>;

/** Everything that a report shows of a run, computed once for all views. Plain text: a view only escapes for its format. */
export type ReportModel = RunRecord &
  OfTheFile & {
    /** "2026-03-01 10:00 UTC". */
    readonly started: string;
    /** Why this is not a whole run, as a sentence; undefined of a whole one. Every view says it first. */
    readonly partial: string | undefined;
    readonly baseline: string;
    /** Name of the A/A control; null for a run without. */
    readonly control: string | null;
    readonly rounds: number;
    readonly warmUp: string;
    readonly workloadNames: readonly string[];
    readonly workloads: readonly WorkloadModel[];
    /** In the order of the run. One that is said to be measured but has no figures is among them, as failed. */
    readonly missing: readonly MissingEnvironment[];
    readonly emulated: readonly string[];
    /** Undefined for a run whose environments do not say what isolates them. */
    readonly ladder: Ladder | undefined;
    readonly caveats: readonly Caveat[];
    /** The judged comparisons of the A/A control. */
    readonly controlComparisons: readonly Comparison[];
    readonly verdicts: readonly JudgedComparison[];
    /** What the comparisons warn about: all of them, and those that get a verdict. */
    readonly warnings: { readonly all: readonly string[]; readonly judged: readonly string[] };
  };

export type ReportOptions = {
  /** The latest calibration of the machine; without one nothing is said of it. */
  readonly calibration?: CalibrationSummary | undefined;
};

/** Computes what a report shows. The same run and options give the same model. */
export function reportModel(file: RunFile, { calibration }: ReportOptions = {}): ReportModel {
  const run = withPlainText(file);
  const { id, seed, startedAt, host, repeats, diagnostics, trials, config, environments } = run;
  const emulated = environments.filter(isEmulated).map(({ name }) => name);
  const failed = environments.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const unjudged = [...emulated, ...failed];
  const { baseline, control } = config;
  const workloads = workloadModels(run);
  const missing = environments.flatMap((environment) => missingOf(run, environment) ?? []);
  const getsVerdict = ({ candidate, metric }: Comparison) =>
    metricOf(metric)?.judged === true && !failed.includes(baseline) && !unjudged.includes(candidate);
  const judged = run.comparisons.filter(getsVerdict);
  return {
    ...recordOf(run),
    ...{ id, seed, startedAt, host, repeats, diagnostics, trials },
    started: dateText(startedAt),
    partial: run.partial === undefined ? undefined : `Partial: ${run.partial}.`,
    baseline,
    control,
    rounds: run.plan.rounds,
    warmUp: secondsText(config.load.warmupMs),
    workloadNames: config.workloads.map(({ name }) => name),
    workloads,
    missing,
    emulated,
    ladder: ladderOf(workloads, missing),
    caveats: caveatsOf(run, unjudged, calibration),
    controlComparisons: controlComparisons(run),
    verdicts: judged
      .filter(({ verdict }) => verdict !== null)
      .map((each) => ({
        ...each,
        isFailure: each.verdict === 'worse' || (each.verdict === 'better' && each.candidate === control),
      })),
    warnings: {
      all: comparisonWarnings(run.comparisons),
      judged: comparisonWarnings(judged.filter(({ candidate }) => candidate !== control)),
    },
  };
}

function missingOf(run: RunFile, environment: EnvironmentResult): MissingEnvironment | null {
  const { name, status } = environment;
  const rounds = roundsIn(run.trials.filter((trial) => trial.environment === name));
  if (status !== 'measured') {
    return {
      name,
      status,
      statusText: rounds === 0 ? status : `${status} after ${counted(rounds, 'round')}`,
      reason: environment.reason,
      remedy: environment.remedy,
    };
  }
  if (Object.values(run.summary).some((of) => Object.hasOwn(of, name))) return null;
  const reason = 'The run file has no trial of it.';
  return { name, status: 'failed', statusText: 'failed', reason, remedy: undefined };
}
