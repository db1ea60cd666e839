import {
  type Comparison,
  type Metric,
  metricCatalogue,
  type MetricSummary,
  type RunFile,
  type Verdict,
} from '@tare/results';
import { conclusionOf, type Sentence } from './conclusion.ts';
import { meanText, ratioText } from './figure-text.ts';
import { latencySource, type LatencySource } from './latency-source.ts';
import { metricTitle } from './shown-metrics.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { type FreshInstance, freshInstances } from './time-series.ts';

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
