import type { HistoryLine } from '@tare/results';
import type { TerminalOptions } from '../terminal-table.ts';
import { drawTrend } from './draw-trend.ts';
import { trendGroups } from './trend-group.ts';
import type { TrendFilter, TrendGroup } from './trend-group.ts';
import { planTrend } from './trend-plan.ts';
import { trendMarkdown, trendText } from './trend-tables.ts';

export type { TrendFilter } from './trend-group.ts';

export type TrendPicture = { readonly fileName: string; readonly title: string; readonly svg: string };

export type Trend = {
  readonly groups: readonly TrendGroup[];
  /** A picture per group and metric, of groups with two runs or more. */
  readonly pictures: readonly TrendPicture[];
  /** A document that shows the pictures from its own folder. */
  readonly markdown: string;
  /** Tables and changes for a terminal. */
  readonly text: (options: TerminalOptions) => string;
};

/** One point is no trend. */
const fewestDrawn = 2;

/**
 * A history as tables, pictures and words: each judged metric over the runs of one host under the same conditions, with the
 * places where its level changed. Runs of other hosts, or with other requests, load or resources, are groups of their own.
 * The same lines give the same bytes. Takes 0.1 s per series of 100 runs.
 * @param lines in any order.
 * @param filter a workload, an environment, a metric (also one that is not judged), the begin of a host's fingerprint.
 */
export function renderTrend(lines: readonly HistoryLine[], filter: TrendFilter = {}): Trend {
  const groups = trendGroups(lines, filter);
  const plans = new Map(
    groups.map((group) => [group, group.lines.length < fewestDrawn ? [] : planTrend(group)]),
  );
  return {
    groups,
    pictures: [...plans.values()]
      .flat()
      .map((plan) => ({ fileName: plan.fileName, title: plan.title, svg: drawTrend(plan) })),
    markdown: trendMarkdown(groups, (group) => plans.get(group) ?? []),
    text: (options) => trendText(groups, options),
  };
}
