import { environmentColours, ink } from '../charts/palette.ts';
import { metricTitle } from '../metric-table.ts';
import { decimalsOf } from '../number-text.ts';
import { oneLine } from '../safe-text.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { TrendGroup } from './trend-group.ts';
import type { TrendChange, TrendSeries } from './trend-series.ts';
import { changeMark, commitText, environmentTitle } from './trend-words.ts';
import { valueScale } from './value-scale.ts';
import type { ValueScale } from './value-scale.ts';

/** One environment of a picture. */
export type TrendPanel = {
  readonly title: string;
  readonly colour: string;
  readonly scale: ValueScale;
  /** A figure per run that has one; `run` is its place among all runs of the picture. */
  readonly points: readonly {
    readonly run: number;
    readonly mean: number;
    readonly ci95: readonly [number, number] | null;
  }[];
  /** Mean between two changes, from a run to a run. */
  readonly levels: readonly { readonly fromRun: number; readonly toRun: number; readonly mean: number }[];
  readonly changes: readonly { readonly run: number; readonly label: string; readonly colour: string }[];
};

/** What a picture of a trend shows: everything but the drawing. */
export type TrendPlan = {
  readonly fileName: string;
  readonly title: string;
  readonly subtitle: string;
  /** Commit and day of every run, on two lines. */
  readonly runLabels: readonly string[];
  readonly panels: readonly TrendPanel[];
};

const effectColours = {
  worse: '#D55E00',
  better: '#009E73',
  'within the margin': ink.faint,
  'not judged': ink.faint,
} as const;
/** An interval that reaches further than this multiple of the spread of the means is cut at the edge. */
const mostIntervalReach = 0.75;

/** The pictures of a group: one per metric, with a panel per environment. Groups never share a file name. */
export function planTrend(group: TrendGroup): readonly TrendPlan[] {
  const { hostFingerprint, conditions, workload, lines } = group;
  const colours = new Map(
    [...new Set(group.series.map(({ environment }) => environment))].map((name, place) => [
      name,
      environmentColours[place % environmentColours.length] ?? ink.text,
    ]),
  );
  const runs = new Map(lines.map(({ id }, run) => [id, run]));
  const runLabels = lines.map(
    (line) => `${commitText(line).replace(/^run .*/, '')}\n${line.startedAt.slice(5, 10)}`,
  );
  return [...Map.groupBy(group.series, ({ metric }) => metric)].map(([metric, ofMetric]) => ({
    fileName: `${fileNamePart(workload)}-${metric.key}-${hostFingerprint}-${conditions}.svg`,
    title: `${oneLine(workload)}: ${metricNoun(metric.key)} over runs`,
    subtitle: `${metricTitle(metric)} (${metric.direction} is better); point: mean of a run; line: its 95 % interval; bar: level`,
    runLabels,
    panels: ofMetric.map((series) => panelOf(series, runs, colours.get(series.environment) ?? ink.text)),
  }));
}

function panelOf(series: TrendSeries, runs: ReadonlyMap<string, number>, colour: string): TrendPanel {
  const points = series.points.map(({ id, mean, ci95 }) => ({ run: runs.get(id) ?? 0, mean, ci95 }));
  const bounds = [0, ...series.changes.map(({ index }) => index), points.length];
  const decimals = decimalsOf(series.level);
  const unit = series.metric.unit === '' ? '' : ` ${series.metric.unit}`;
  return {
    title: `${environmentTitle(series)}, now ${series.level.toFixed(decimals)}${unit}`,
    colour,
    scale: scaleOf(points),
    points,
    levels: bounds.slice(1).map((end, place) => {
      const stretch = points.slice(bounds[place], end);
      return {
        fromRun: stretch.at(0)?.run ?? 0,
        toRun: stretch.at(-1)?.run ?? 0,
        mean: stretch.reduce((sum, { mean }) => sum + mean, 0) / stretch.length,
      };
    }),
    changes: series.changes.map((change) => ({
      run: points[change.index]?.run ?? 0,
      label: isJudged(change) ? `${changeMark(change)} ${change.effect}` : changeMark(change),
      colour: effectColours[change.effect],
    })),
  };
}

function isJudged({ effect }: TrendChange): boolean {
  return effect === 'better' || effect === 'worse';
}

function scaleOf(points: TrendPanel['points']): ValueScale {
  const means = points.map(({ mean }) => mean);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const reach = mostIntervalReach * Math.max(high - low, 0.05 * Math.abs(high));
  const ends = points.flatMap(({ ci95 }) => ci95 ?? []);
  return valueScale([...means, ...ends.map((end) => Math.min(Math.max(end, low - reach), high + reach))]);
}

/** The name of a workload as a part of a file name: "a/b c" is "a-b-c". */
function fileNamePart(workload: string): string {
  return workload.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'workload';
}
