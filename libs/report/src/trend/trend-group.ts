import type { HistoryLine } from '@tare/results';
import { trendSeries } from './trend-series.ts';
import type { SeriesFilter, TrendSeries } from './trend-series.ts';

/** Runs that can be compared with each other: of one workload, on one host, under the same conditions. */
export type TrendGroup = {
  readonly hostFingerprint: string;
  readonly host: HistoryLine['host'];
  readonly workload: string;
  readonly conditions: string;
  /** By time. */
  readonly lines: readonly HistoryLine[];
  readonly series: readonly TrendSeries[];
};

/** What to take of a history; all of it by default. */
export type TrendFilter = SeriesFilter & {
  readonly workload?: string | undefined;
  /** Begin of a host's fingerprint. */
  readonly host?: string | undefined;
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
  const { line, workload } = first;
  const lines = members.map((member) => member.line);
  const series = trendSeries(lines, workload.name, filter);
  if (series.length === 0) return null;
  return {
    hostFingerprint: line.hostFingerprint,
    host: line.host,
    workload: workload.name,
    conditions: workload.conditions,
    lines,
    series,
  };
}

function latestOf({ lines }: TrendGroup): { readonly startedAt: string } {
  return { startedAt: lines.at(-1)?.startedAt ?? '' };
}

function byTime(a: { readonly startedAt: string }, b: { readonly startedAt: string }): number {
  return a.startedAt < b.startedAt ? -1 : Number(a.startedAt > b.startedAt);
}
