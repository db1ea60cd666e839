import { isEmulated, metricCatalogue } from '@tare/results';
import type {
  Comparison,
  EnvironmentResult,
  Metric,
  MetricSummary,
  RunFile,
  Trial,
  Verdict,
} from '@tare/results';
import { conclusionOf } from './conclusion.ts';
import type { Sentence } from './conclusion.ts';
import { meanText, ratioText } from './figure-text.ts';
import { latencySource } from './latency-source.ts';
import type { LatencySource } from './latency-source.ts';
import { controlOf } from './schema-1.ts';
import { metricTitle } from './shown-metrics.ts';
import { freshInstances } from './time-series.ts';
import type { FreshInstance } from './time-series.ts';

/** An environment of a workload, as every view shows it. */
export type Subject = {
  readonly name: string;
  /** The name with what must be known beside it: "vagrant (emulated)", "docker (failed)". */
  readonly title: string;
  readonly isBaseline: boolean;
  readonly emulated: boolean;
  /** Set when it failed for good midway: how many rounds it had completed, and why it failed. */
  readonly failed: { readonly rounds: number; readonly reason: string } | undefined;
  /** Whether it gets verdicts: not the baseline, nor what is emulated or failed. */
  readonly isJudged: boolean;
  /** Its place among the measured environments of the run, which gives it the same colour in every chart. */
  readonly colour: number;
  /** In the order of the rounds. */
  readonly trials: readonly Trial[];
};

/** A metric in one environment. */
export type MetricCell = {
  readonly subject: Subject;
  readonly summary: MetricSummary | undefined;
  readonly trials: readonly { readonly round: number; readonly figure: number; readonly violates: readonly string[] }[];
  /** With the baseline; its verdict is null where nothing is judged. Undefined for the baseline, and without a ratio. */
  readonly comparison: (Comparison & { readonly ratio: number }) | undefined;
  /** "12.3 ± 0.4", the total for errors; empty when the environment has no such figure. */
  readonly mean: string;
  /** "×1.23 [1.18, 1.29]"; empty for the baseline. */
  readonly ratio: string;
  readonly verdict: Verdict | undefined;
}; // prettier-ignore

/** A metric that somebody has, with a cell per subject. */
export type MetricRow = {
  readonly metric: Metric;
  /** "Startup, ms". */
  readonly title: string;
  readonly cells: readonly MetricCell[];
};

/** What a run says of a workload. */
export type WorkloadModel = {
  readonly name: string;
  /** Unique in the run, for ids: "w1". */
  readonly key: string;
  readonly baseline: string;
  readonly requestPath: string;
  readonly rounds: number;
  /** The measured environments: the baseline first, the emulated ones last, never the A/A control. */
  readonly subjects: readonly Subject[];
  readonly rows: readonly MetricRow[];
  readonly conclusion: readonly Sentence[];
  readonly latency: LatencySource;
  readonly freshInstances: readonly FreshInstance[];
};

/** The measured workloads of a run, in the order of the configuration. */
export function workloadModels(run: RunFile): readonly WorkloadModel[] {
  const configured = run.config.workloads.map(({ name }) => name);
  const measured = Object.entries(run.summary)
    .filter(([, of]) => Object.keys(of).length > 0)
    .map(([name]) => name);
  const names = [...new Set([...configured, ...measured])].filter((name) => measured.includes(name));
  return names.map((name, place) => {
    const subjects = subjectsOf(run, name);
    const comparisons = comparisonsOf(run, name, subjects);
    const rows = rowsOf(run, name, subjects, comparisons);
    return {
      name,
      key: `w${place + 1}`,
      baseline: run.config.baseline,
      requestPath: run.config.workloads.find((each) => each.name === name)?.requestPath ?? '',
      rounds: new Set(run.trials.filter(({ workload }) => workload === name).map(({ round }) => round)).size,
      subjects,
      rows,
      conclusion: conclusionOf(run, subjects, comparisons),
      latency: latencySource(subjects, (subject) => run.summary[name]?.[subject]?.throughputRps?.mean),
      freshInstances: freshInstances(run, name, subjects),
    };
  });
}

function subjectsOf(run: RunFile, workload: string): readonly Subject[] {
  const { baseline } = run.config;
  const found = (name: string) => run.environments.find((each) => each.name === name);
  const hasFailed = found(baseline)?.status === 'failed';
  const measured = Object.keys(run.summary[workload] ?? {});
  return environmentNames(run)
    .map((name, colour): Subject => {
      const environment = found(name);
      const emulated = isEmulated(environment);
      const trials = run.trials
        .filter((trial) => trial.workload === workload && trial.environment === name)
        .toSorted((a, b) => a.round - b.round);
      const failed =
        environment?.status === 'failed' ? { rounds: roundsIn(trials), reason: environment.reason } : undefined;
      return {
        name,
        title: titleOf(name, environment),
        isBaseline: name === baseline,
        emulated,
        failed,
        isJudged: name !== baseline && !emulated && failed === undefined && !hasFailed,
        colour,
        trials,
      };
    })
    .filter(({ name }) => measured.includes(name))
    .toSorted((a, b) => Number(a.emulated) - Number(b.emulated));
} // prettier-ignore

/** How many rounds trials are from. */
export function roundsIn(trials: readonly Pick<Trial, 'round'>[]): number {
  return new Set(trials.map(({ round }) => round)).size;
}

/** The environments that have figures for some workload: the baseline first, then in the order of the run; never the control. */
function environmentNames(run: RunFile): readonly string[] {
  const measured = Object.values(run.summary).flatMap((of) => Object.keys(of));
  const order = [run.config.baseline, ...run.environments.map(({ name }) => name), ...measured];
  return [...new Set(order)].filter((name) => measured.includes(name) && name !== controlOf(run));
}

function titleOf(name: string, environment: EnvironmentResult | undefined): string {
  const marks = [
    ...(isEmulated(environment) ? ['emulated'] : []),
    ...(environment?.status === 'failed' ? ['failed'] : []),
  ];
  return marks.length === 0 ? name : `${name} (${marks.join(', ')})`;
}

/** Those of the workload's subjects; what is not judged has no verdict, whatever the file says. */
function comparisonsOf(run: RunFile, workload: string, subjects: readonly Subject[]): readonly Comparison[] {
  return run.comparisons.flatMap((comparison) => {
    const subject = subjects.find(({ name }) => name === comparison.candidate);
    if (comparison.workload !== workload || subject === undefined) return [];
    return [subject.isJudged ? comparison : { ...comparison, verdict: null }];
  });
}

function rowsOf(
  run: RunFile,
  workload: string,
  subjects: readonly Subject[],
  comparisons: readonly Comparison[],
): readonly MetricRow[] {
  return metricCatalogue
    .map((metric) => ({
      metric,
      title: metricTitle(metric),
      cells: subjects.map((subject): MetricCell => {
        const summary = run.summary[workload]?.[subject.name]?.[metric.key];
        const found = comparisons.find((each) => each.metric === metric.key && each.candidate === subject.name);
        const compared =
          summary === undefined || subject.isBaseline || found === undefined || found.ratio === null
            ? undefined
            : { ...found, ratio: found.ratio };
        const total = (of: MetricSummary) => String(Math.round(of.mean * of.n));
        return {
          subject,
          summary,
          trials: subject.trials.flatMap((trial) => {
            const figure = metric.of(trial);
            const violates = trial.violations.map(({ guard }) => guard);
            return figure === null ? [] : [{ round: trial.round, figure, violates }];
          }),
          comparison: compared,
          mean: summary === undefined ? '' : metric.key === 'errors' ? total(summary) : meanText(summary),
          ratio: compared === undefined ? '' : ratioText(compared),
          verdict: compared?.verdict ?? undefined,
        };
      }),
    }))
    .filter(({ cells }) => cells.some(({ summary }) => summary !== undefined));
} // prettier-ignore
