import { asDecided, isNotMeasured, latencyWindowOf, metricCatalogue, requestsForP99 } from '@tare/results';
import type { Comparison, Metric, MetricSummary, RunFile, Verdict } from '@tare/results';
import { conclusionOf, verdictText, type Sentence } from './conclusion.ts';
import { metricTitle } from './shown-metrics.ts';
import { roundsIn, subjectsOf, type Subject } from './subjects.ts';
import { freshInstances, type FreshInstance } from './time-series.ts';
import { factorText, listed, meanText, rateText, ratioText } from './words.ts';

/** A metric in one environment. */
export type MetricCell = {
  readonly subject: Subject;
  readonly summary: MetricSummary | undefined;
  readonly trials: readonly { readonly round: number; readonly figure: number; readonly violates: readonly string[] }[];
  /** With the baseline; its verdict is null where nothing is judged. Undefined for the baseline, and without a ratio. */
  readonly comparison: (Comparison & { readonly ratio: number }) | undefined;
  /** "12.3 ± 0.4", the total for errors; empty when the environment has no such figure. */
  readonly mean: string;
  /** "×1.23": the ratio that was judged; empty for the baseline. */
  readonly factor: string;
  /** "×1.23 [1.18, 1.29]": the same with its interval. */
  readonly ratio: string;
  readonly verdict: Verdict | undefined;
  /** "worse"; "open: −2.3 to +0.9 %"; "not measured" where one of the two lacks it; "" without a verdict. */
  readonly verdictText: string;
}; // prettier-ignore

/** A metric that somebody has, with a cell per subject. */
export type MetricRow = {
  readonly metric: Metric;
  /** "Startup, ms". */
  readonly title: string;
  readonly cells: readonly MetricCell[];
};

/** Where the latencies of a workload come from. */
type LatencySource = {
  /**
   * "Latency is from the open loop at 3300 req/s (50 % of what docker, the slowest, can serve), measured from the planned time of
   * sending; vagrant (emulated) at 660 req/s."
   */
  readonly text: string;
  /** The same in few words, for a picture: "open loop at 3300 req/s", "closed loop". */
  readonly short: string;
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
      rounds: roundsIn(run.trials.filter(({ workload }) => workload === name)),
      subjects,
      rows,
      conclusion: conclusionOf(run, subjects, comparisons, run.summary[name] ?? {}),
      latency: withP99(
        latencySource(subjects, (subject) => run.summary[name]?.[subject]?.throughputRps?.mean),
        subjects,
      ),
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
          factor: compared === undefined ? '' : factorText(asDecided(compared).ratio),
          ratio: compared === undefined ? '' : ratioText(asDecided(compared)),
          verdict: compared?.verdict ?? undefined,
          verdictText: compared === undefined ? (isLost(metric, subject, subjects) ? 'not measured' : '') : verdictText(compared),
        };
      }),
    }))
    .filter(({ cells }) => cells.some(({ summary }) => summary !== undefined));
} // prettier-ignore

/** Whether there is no verdict because one of the two could not be measured. */
function isLost(metric: Metric, subject: Subject, subjects: readonly Subject[]): boolean {
  const sides = subjects.filter((each) => each.isBaseline || each === subject);
  return (
    metric.judged &&
    !subject.isBaseline &&
    sides.some(({ trials }) => trials.some((trial) => isNotMeasured(metric, trial)))
  );
}

/** Says that p99 is not judged where the windows of the judged environments hold too few requests for it. */
function withP99(latency: LatencySource, subjects: readonly Subject[]): LatencySource {
  const judged = subjects.filter(({ isJudged, isBaseline }) => isJudged || isBaseline);
  const requests = judged.flatMap(({ trials }) =>
    trials.flatMap((trial) => latencyWindowOf(trial)?.requests ?? []),
  );
  const fewest = Math.min(...requests);
  if (judged.length < 2 || requests.length === 0 || fewest >= requestsForP99) return latency;
  const text = `${latency.text} p99 is judged only from ${requestsForP99} requests in a window on; here one holds as few as ${fewest}.`;
  return { ...latency, text };
}

/** Environments whose latencies were taken in the same way; a rate of null stands for the closed loop. */
type Source = { readonly rateRps: number | null; readonly titles: readonly string[] };

/** @param throughputOf mean throughput of an environment by its name, in requests per second. */
function latencySource(
  subjects: readonly Subject[],
  throughputOf: (name: string) => number | undefined,
): LatencySource {
  const sources = sourcesOf(subjects);
  const [first, ...others] = sources;
  if (first === undefined) return { text: '', short: '' };
  if (sources.every(({ rateRps }) => rateRps === null)) {
    return {
      text: 'Latency is from the closed loop, where requests wait for each other: it says nothing beyond throughput.',
      short: 'closed loop',
    };
  }
  const rest = others.map(({ rateRps, titles }) =>
    rateRps === null ? `${listed(titles)} from the closed loop` : `${listed(titles)} at ${rateText(rateRps)}`,
  );
  const start =
    first.rateRps === null
      ? `Latency is from the closed loop for ${listed(first.titles)}`
      : `Latency is from the open loop at ${rateText(first.rateRps)}${shareOfSlowest(subjects, throughputOf, first.rateRps)}, measured from the planned time of sending`;
  const isMixed = others.length > 0 ? ', some at another rate' : '';
  return {
    text: `${[start, ...rest].join('; ')}.`,
    short: first.rateRps === null ? 'closed loop' : `open loop at ${rateText(first.rateRps)}${isMixed}`,
  };
}

/** The rates of a workload; that of most environments first, then in the order of the subjects. */
function sourcesOf(subjects: readonly Subject[]): readonly Source[] {
  const of = new Map<number | null, string[]>();
  for (const { title, trials } of subjects) {
    const withLatencies = trials.filter((trial) => latencyWindowOf(trial) !== undefined);
    for (const rate of new Set(withLatencies.map(({ open }) => open?.rateRps ?? null))) {
      of.set(rate, [...(of.get(rate) ?? []), title]);
    }
  }
  return [...of]
    .map(([rateRps, titles]) => ({ rateRps, titles }))
    .toSorted((a, b) => b.titles.length - a.titles.length);
}

/** The rate as a share of what the slowest of those with that rate can serve: that is how loaded they were. */
function shareOfSlowest(
  subjects: readonly Subject[],
  throughputOf: (name: string) => number | undefined,
  rateRps: number,
): string {
  const [slowest] = subjects
    .filter(({ trials }) => trials.some(({ open }) => open?.rateRps === rateRps))
    .flatMap(({ name }) => ({ name, rps: throughputOf(name) ?? 0 }))
    .filter(({ rps }) => rps > 0)
    .toSorted((a, b) => a.rps - b.rps);
  if (slowest === undefined) return '';
  return ` (${((rateRps / slowest.rps) * 100).toFixed(0)} % of what ${slowest.name}, the slowest, can serve)`;
}
