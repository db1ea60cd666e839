import { metricCatalogue, type HistoryLine, type Metric } from '@tare/results';
import { changePoints, fewestForChangePoint, mean } from '@tare/statistics';
import { isLarge, roundPercent } from '../model/differences.ts';
import { factorText, withMarks } from '../model/words.ts';

/** One run of a series. */
export type TrendPoint = Pick<HistoryLine, 'id' | 'startedAt' | 'commit' | 'dirty'> & {
  readonly mean: number;
  readonly ci95: readonly [number, number] | null;
};

/** A place in a series from which on its level is another. */
export type TrendChange = {
  /** Place of the first run at the new level. */
  readonly index: number;
  /** New level ÷ old level; null when a figure is not above 0. */
  readonly ratio: number | null;
  readonly p: number;
  /** An emulated environment is not judged: its figures weigh the emulator. */
  readonly effect: 'better' | 'worse' | 'within the margin' | 'not judged';
};

/** The figures of one metric in one environment over the runs of a group. */
export type TrendSeries = {
  readonly environment: string;
  /** "docker", "vagrant (emulated)". */
  readonly title: string;
  readonly emulated: boolean;
  readonly metric: Metric;
  readonly points: readonly TrendPoint[];
  readonly changes: readonly TrendChange[];
  /** Mean of the runs since the last change. */
  readonly level: number;
};

/** What to take of a history; all of it by default. */
export type TrendFilter = {
  readonly workload?: string | undefined;
  readonly environment?: string | undefined;
  readonly metric?: string | undefined;
  /** Begin of a host's fingerprint. */
  readonly host?: string | undefined;
};

/** The same history gives the same marks. */
const seed = 20261121;

/**
 * The series of a workload in runs of one host under the same conditions: each judged metric in each environment, the
 * baseline first, in the order of the latest run. The A/A control is left out: it repeats the baseline. Change points are looked for
 * in the logarithms of the means, so that a factor counts the same at every level.
 * @param lines by time.
 */
export function trendSeries(
  lines: readonly HistoryLine[],
  workload: string,
  filter: TrendFilter = {},
): readonly TrendSeries[] {
  const environments = environmentsOf(lines).filter(
    (name) => filter.environment === undefined || name === filter.environment,
  );
  return metricCatalogue
    .filter(({ key, judged }) => (filter.metric === undefined ? judged : key === filter.metric))
    .flatMap((metric) =>
      environments.flatMap((environment) => seriesOf(lines, workload, environment, metric) ?? []),
    );
}

function environmentsOf(lines: readonly HistoryLine[]): readonly string[] {
  const latestFirst = lines.toReversed();
  const controls = new Set(lines.map(({ control }) => control));
  const names = [
    ...latestFirst.slice(0, 1).map(({ baseline }) => baseline),
    ...latestFirst.flatMap(({ environments }) => environments.map(({ name }) => name)),
  ];
  return [...new Set(names)].filter((name) => !controls.has(name));
}

function seriesOf(
  lines: readonly HistoryLine[],
  workload: string,
  environment: string,
  metric: Metric,
): TrendSeries | null {
  const points = lines.flatMap((line) => pointOf(line, workload, environment, metric.key) ?? []);
  if (points.length === 0) return null;
  const figures = points.map((point) => point.mean);
  const emulated = lines.some((line) => line.environments.some((e) => e.name === environment && e.emulated));
  const changes = changesOf(figures, metric).map((change): TrendChange =>
    emulated ? { ...change, effect: 'not judged' } : change,
  );
  return {
    environment,
    title: withMarks(environment, [emulated && 'emulated']),
    emulated,
    metric,
    points,
    changes,
    level: mean(figures.slice(changes.at(-1)?.index ?? 0)),
  };
}

function pointOf(
  { id, startedAt, commit, dirty, figures }: HistoryLine,
  workload: string,
  environment: string,
  metric: string,
): TrendPoint | null {
  const figure = figures.find(
    (each) => each.workload === workload && each.environment === environment && each.metric === metric,
  );
  if (figure === undefined) return null;
  return { id, startedAt, commit, dirty, mean: figure.mean, ci95: figure.ci95 };
}

function changesOf(figures: readonly number[], metric: Metric): readonly TrendChange[] {
  if (figures.length < fewestForChangePoint) return [];
  const hasRatios = figures.every((figure) => figure > 0);
  const values = hasRatios ? figures.map(Math.log) : figures;
  const found = changePoints(values, { seed });
  return found.map(({ index, p }, place) => {
    const before = mean(values.slice(found[place - 1]?.index ?? 0, index));
    const after = mean(values.slice(index, found[place + 1]?.index));
    const ratio = hasRatios ? Math.exp(after - before) : null;
    return { index, ratio, p, effect: effectOf(after - before, ratio, metric) };
  });
}

function effectOf(difference: number, ratio: number | null, metric: Metric): TrendChange['effect'] {
  if (ratio !== null && Math.abs(Math.log(ratio)) <= Math.log(1 + metric.margin)) return 'within the margin';
  return difference < 0 === (metric.direction === 'lower') ? 'better' : 'worse';
}

/** Runs that can be compared with each other: of one workload, on one host, under the same conditions. */
export type TrendGroup = Pick<HistoryLine, 'hostFingerprint' | 'host'> & {
  readonly workload: string;
  readonly conditions: string;
  /** By time. */
  readonly lines: readonly HistoryLine[];
  readonly series: readonly TrendSeries[];
};

/**
 * The groups of a history, the one with the latest run first.
 * @param lines in any order.
 */
export function trendGroups(lines: readonly HistoryLine[], filter: TrendFilter): readonly TrendGroup[] {
  const measured = lines
    .filter(({ hostFingerprint }) => hostFingerprint.startsWith(filter.host ?? ''))
    .toSorted(byTime)
    .flatMap((line) =>
      line.workloads
        .filter(({ name }) => filter.workload === undefined || name === filter.workload)
        .map((workload) => ({ line, workload })),
    );
  const groups = Map.groupBy(measured, ({ line, workload }) =>
    JSON.stringify([line.hostFingerprint, workload.name, workload.conditions]),
  );
  return [...groups.values()]
    .flatMap((members) => groupOf(members, filter) ?? [])
    .toSorted((a, b) => byTime(latestOf(b), latestOf(a)) || (a.workload < b.workload ? -1 : 1));
}

type Member = { readonly line: HistoryLine; readonly workload: HistoryLine['workloads'][number] };

function groupOf(members: readonly Member[], filter: TrendFilter): TrendGroup | null {
  const [first] = members;
  if (first === undefined) return null;
  const { hostFingerprint, host } = first.line;
  const { name, conditions } = first.workload;
  const lines = members.map(({ line }) => line);
  const series = trendSeries(lines, name, filter);
  return series.length === 0 ? null : { hostFingerprint, host, workload: name, conditions, lines, series };
}

function latestOf({ lines }: TrendGroup): { readonly startedAt: string } {
  return { startedAt: lines.at(-1)?.startedAt ?? '' };
}

function byTime(a: { readonly startedAt: string }, b: { readonly startedAt: string }): number {
  return a.startedAt < b.startedAt ? -1 : Number(a.startedAt > b.startedAt);
}

/** "−12 %", "+3.1 %", "×3.28"; "changed" without a ratio. */
export function changeMark({ ratio }: TrendChange): string {
  if (ratio === null) return 'changed';
  const sign = isLarge(ratio) ? '' : ratio < 1 ? '−' : '+';
  return `${sign}${sizeText(ratio)}`;
}

/** "12 %", "3.1 %", "×3.28": how far a ratio is from 1. */
export function sizeText(ratio: number): string {
  return isLarge(ratio) ? factorText(ratio) : roundPercent(Math.abs(ratio - 1) * 100);
}

/** "abc1234", "abc1234+" when the tree had other changes, "run 20261120-101500" without a commit. */
export function commitText({ commit, dirty, id }: Pick<TrendPoint, 'commit' | 'dirty' | 'id'>): string {
  return commit === null ? `run ${id}` : `${commit.slice(0, 7)}${dirty ? '+' : ''}`;
}
