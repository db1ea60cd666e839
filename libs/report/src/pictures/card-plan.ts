import { metricCatalogue } from '@tare/results';
import type { MetricKey, RunFile, Verdict } from '@tare/results';
import { environmentColours } from '../charts/palette.ts';
import { measuredColumns, measuredWorkloads, summaryOf } from '../metric-table.ts';
import type { TableColumn } from '../metric-table.ts';
import { decimalsOf } from '../number-text.ts';
import { counted, dateText } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { conclusionSentences } from '../words/conclusion.ts';

export type CardFigure = {
  /** "83.5 ms"; "–" where there is none. */
  readonly value: string;
  /** "×1.15"; empty for the baseline. */
  readonly ratio: string;
  /** undefined where nothing was to be decided. */
  readonly verdict: Verdict | undefined;
};

export type CardRow = {
  readonly name: string;
  /** Of the environment, as in the charts. */
  readonly colour: string;
  /** "baseline", "emulated, not judged", or nothing. */
  readonly note: string;
  readonly emulated: boolean;
  readonly figures: readonly CardFigure[];
};

/** What the card says: everything but the drawing. */
export type CardPlan = {
  readonly title: string;
  readonly host: string;
  /** Headings of the figures: what, and which side is better. */
  readonly headings: readonly { readonly text: string; readonly better: string }[];
  readonly rows: readonly CardRow[];
  /** The conclusion's first sentence. */
  readonly conclusion: string;
  /** What the card leaves out; empty when nothing. */
  readonly leftOut: string;
};

const mostRows = 4;
const headlines: readonly { readonly key: MetricKey; readonly text: string }[] = [
  { key: 'startupMs', text: 'startup' },
  { key: 'throughputRps', text: 'throughput' },
  { key: 'cpuGrossMsPerRequest', text: 'CPU per request' },
  { key: 'memoryGrossMiB', text: 'memory' },
];

/** The card of one workload: the first measured one by default. */
export function planCard(run: RunFile, workload = measuredWorkloads(run)[0] ?? ''): CardPlan {
  const { baseline } = run.config;
  const columns = measuredColumns(run, workload, baseline);
  const shown = mostTelling(columns);
  const others = columns.filter((column) => !shown.includes(column)).map(({ title }) => oneLine(title));
  const workloads = measuredWorkloads(run).filter((name) => name !== workload);
  const leftOut = [
    ...(others.length === 0 ? [] : [`also measured: ${others.join(', ')}`]),
    ...(workloads.length === 0
      ? []
      : [`other ${workloads.length === 1 ? 'workload' : 'workloads'}: ${workloads.map(oneLine).join(', ')}`]),
  ];
  const conclusion = conclusionSentences(run, { intervals: false }).find(
    (each) => each.workload === workload,
  );
  return {
    title: `${oneLine(workload) || 'nothing measured'}: what its environment costs`,
    host: [
      dateText(run.startedAt).slice(0, 10),
      oneLine(run.host.cpuModel),
      counted(run.host.cores, 'core'),
      counted(run.plan.rounds, 'round'),
    ].join(' · '),
    headings: headlines.map(({ key, text }) => {
      const metric = metricCatalogue.find((each) => each.key === key);
      return { text, better: metric === undefined ? '' : `${metric.direction} is better` };
    }),
    rows: columns.flatMap((column, index) =>
      shown.includes(column) ? rowOf(run, workload, column, index) : [],
    ),
    conclusion: conclusion?.sentences[0] ?? '',
    leftOut: leftOut.join('; '),
  };
}

/** The baseline and those that are judged, before emulated ones; in the order of the run. */
function mostTelling(columns: readonly TableColumn[]): readonly TableColumn[] {
  const byWeight = columns.toSorted((a, b) => Number(a.emulated) - Number(b.emulated)).slice(0, mostRows);
  return columns.filter((column) => byWeight.includes(column));
}

function rowOf(run: RunFile, workload: string, column: TableColumn, index: number): CardRow {
  const { environment, isBaseline, emulated } = column;
  return {
    name: oneLine(environment),
    colour: environmentColours[index % environmentColours.length] ?? environmentColours[0],
    note: isBaseline ? 'baseline' : emulated ? 'emulated, not judged' : '',
    emulated,
    figures: headlines.map(({ key }) => {
      const summary = summaryOf(run, workload, environment, key);
      const unit = metricCatalogue.find((metric) => metric.key === key)?.unit ?? '';
      if (summary === undefined) return { value: '–', ratio: '', verdict: undefined };
      const compared = run.comparisons.find(
        (each) => each.workload === workload && each.metric === key && each.candidate === environment,
      );
      const ratio = isBaseline ? null : (compared?.ratio ?? null);
      return {
        value: `${summary.mean.toFixed(decimalsOf(summary.mean))} ${unit}`,
        ratio: ratio === null ? '' : `×${ratio.toFixed(decimalsOf(ratio))}`,
        verdict: ratio === null ? undefined : (compared?.verdict ?? undefined),
      };
    }),
  };
}
