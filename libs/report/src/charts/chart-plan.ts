import { metricCatalogue } from '@tare/results';
import type { MetricKey, RunFile } from '@tare/results';
import { measuredColumns, measuredWorkloads, summaryOf } from '../metric-table.ts';
import type { TableColumn } from '../metric-table.ts';
import { decimalsOf, meanText } from '../number-text.ts';
import { counted } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import { latencySourceShort } from '../words/latency-source.ts';
import { axisReach } from './axis-reach.ts';
import { environmentColours, partColours } from './palette.ts';

export type ChartBar = {
  /** Name of the environment, with its marks. */
  readonly label: string;
  /** Ran on an emulated CPU: drawn lighter, and broken off where it would flatten the others. */
  readonly emulated: boolean;
  /** The pieces of the bar from the left, in the unit of the axis; their sum is the mean. */
  readonly pieces: readonly { readonly value: number; readonly colour: string }[];
  /** 95 % interval of the mean over trials; null with one trial. */
  readonly ci95: readonly [number, number] | null;
  /** One figure per trial, by round. */
  readonly trials: readonly number[];
  /** What stands to the right of the bar. */
  readonly valueText: string;
};

/** What a picture shows: everything but the drawing. */
export type ChartPlan = {
  readonly fileName: string;
  readonly workload: string;
  readonly title: string;
  /** One to three lines. */
  readonly subtitle: string;
  readonly axisTitle: string;
  /** The meaning of the colours where they stand for parts of a bar; empty where each bar has its own. */
  readonly legend: readonly { readonly label: string; readonly colour: string }[];
  readonly bars: readonly ChartBar[];
};

type Figure = {
  readonly group: string;
  readonly title: string;
  readonly key: MetricKey;
  /** The part of the figure that the app itself uses; the rest is tare. */
  readonly netKey?: MetricKey;
};

const figures: readonly Figure[] = [
  { group: 'startup', title: 'startup time', key: 'startupMs' },
  { group: 'throughput', title: 'throughput', key: 'throughputRps' },
  { group: 'latency-mean', title: 'mean latency', key: 'latencyMeanMs' },
  { group: 'latency-p95', title: '95th percentile of latency', key: 'latencyP95Ms' },
  { group: 'cpu', title: 'CPU time per request', key: 'cpuGrossMsPerRequest', netKey: 'cpuNetMsPerRequest' },
  { group: 'memory', title: 'memory', key: 'memoryGrossMiB', netKey: 'memoryNetMiB' },
];

/** The pictures of a run: six per workload, fewer where nobody has the figure. */
export function planCharts(run: RunFile): readonly ChartPlan[] {
  const names = new Set<string>();
  return measuredWorkloads(run).flatMap((workload) => {
    const prefix = unusedName(fileNamePart(workload), names);
    names.add(prefix);
    return figures.flatMap((figure) => planOf(run, workload, figure, `${prefix}-${figure.group}.svg`) ?? []);
  });
}

function planOf(run: RunFile, workload: string, figure: Figure, fileName: string): ChartPlan | undefined {
  const metric = metricCatalogue.find(({ key }) => key === figure.key);
  const columns = measuredColumns(run, workload, run.config.baseline);
  const bars = columns.flatMap((column, index) => barOf(run, workload, figure, column, index) ?? []);
  if (metric === undefined || bars.length === 0) return undefined;
  // a machine boots in some rounds only: its startup has fewer trials than that of the others
  const counts = bars.map((bar) => bar.trials.length);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const trials = fewest === most ? counted(most, 'trial') : `${fewest} to ${most} trials`;
  const { broken } = axisReach(bars);
  const source = figure.group.startsWith('latency') ? [`latency: ${latencySourceShort(run, workload)}`] : [];
  const notes = [
    ...(bars.some(({ emulated }) => emulated) ? ['pale: on an emulated processor, not judged'] : []),
    ...(broken.includes(true) ? ['cut: goes beyond the axis'] : []),
  ];
  const isSplit = figure.netKey !== undefined;
  return {
    fileName,
    workload,
    title: `${oneLine(workload)}: ${figure.title}`,
    subtitle: [
      `bar: mean of ${trials}; line: its 95 % interval; dots: trials${isSplit ? ' (gross)' : ''}`,
      ...source,
      ...(notes.length === 0 ? [] : [notes.join('; ')]),
    ].join('\n'),
    axisTitle: `${metric.unit} (${metric.direction} is better)`,
    legend: isSplit
      ? [
          { label: 'net: the app itself', colour: partColours.net },
          { label: 'tare: what the environment adds', colour: partColours.tare },
        ]
      : [],
    bars: bars.map((bar, index) =>
      broken[index] === true ? { ...bar, valueText: `${bar.valueText}\nbeyond the axis` } : bar,
    ),
  };
}

function barOf(
  run: RunFile,
  workload: string,
  figure: Figure,
  column: TableColumn,
  index: number,
): ChartBar | undefined {
  const { key, netKey } = figure;
  const metric = metricCatalogue.find((m) => m.key === key);
  const gross = summaryOf(run, workload, column.environment, key);
  if (metric === undefined || gross === undefined) return undefined;
  const trials = run.trials
    .filter((trial) => trial.workload === workload && trial.environment === column.environment)
    .flatMap((trial) => metric.of(trial) ?? []);
  const bar = { label: oneLine(column.title), emulated: column.emulated, ci95: gross.ci95, trials };
  const net = netKey === undefined ? undefined : summaryOf(run, workload, column.environment, netKey);
  if (netKey === undefined || net === undefined) {
    const colour = environmentColours[index % environmentColours.length] ?? environmentColours[0];
    return { ...bar, pieces: [{ value: gross.mean, colour }], valueText: meanText(gross) };
  }
  // Two meters are never read at the same instant: the net one may be ahead by a hair.
  const tare = Math.max(0, gross.mean - net.mean);
  const decimals = decimalsOf(gross.mean);
  return {
    ...bar,
    pieces: [
      { value: gross.mean - tare, colour: partColours.net },
      { value: tare, colour: partColours.tare },
    ],
    valueText: `${meanText(gross)}\nnet ${net.mean.toFixed(decimals)} + tare ${tare.toFixed(decimals)}`,
  };
}

/** The name of a workload as a part of a file name: "a/b c" is "a-b-c". */
function fileNamePart(workload: string): string {
  return workload.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'workload';
}

function unusedName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
