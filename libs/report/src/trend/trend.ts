import type { HistoryLine } from '@tare/results';
import { withPlainText } from '../model/plain-text.ts';
import type { Picture } from '../plot/chart.ts';
import type { Terminal } from '../text/terminal-layout.ts';
import { writeFolder } from '../write-folder.ts';
import { trendPictures } from './trend-chart.ts';
import { trendGroups } from './trend-series.ts';
import type { TrendFilter, TrendGroup } from './trend-series.ts';
import { trendMarkdown, trendText } from './trend-text.ts';

export type Trend = {
  readonly groups: readonly TrendGroup[];
  /** A picture per group and metric, of groups with two runs or more. */
  readonly pictures: readonly Picture[];
  /** A document that shows the pictures from its own folder. */
  readonly markdown: string;
  /** Tables and changes for a terminal. */
  readonly text: (terminal: Pick<Terminal, 'colour'>) => string;
};

/** One point is no trend. */
const fewestDrawn = 2;

/**
 * A history as tables, pictures and words: each judged metric over the runs of one host under the same conditions, with the
 * places where its level changed. Runs of other hosts, or with other requests, load or resources, are groups of their own.
 * The same lines give the same bytes. Takes 0.1 s per series of 100 runs.
 * @param lines in any order.
 * @param filter a workload, an environment, a metric (also one that is not judged), the beginning of a host's fingerprint.
 */
export function renderTrend(lines: readonly HistoryLine[], filter: TrendFilter = {}): Trend {
  const groups = trendGroups(withPlainText(lines), filter);
  const pictures = new Map(
    groups.map((group) => [group, group.lines.length < fewestDrawn ? [] : trendPictures(group)]),
  );
  return {
    groups,
    pictures: [...pictures.values()].flat(),
    markdown: trendMarkdown(groups, (group) => pictures.get(group) ?? []),
    text: (terminal) => trendText(groups, terminal),
  };
}

/**
 * Writes `trend.md` and its pictures into a folder, which is made if need be; all of them or none. Pictures that an earlier
 * trend left and this one does not have are removed; other files are not touched.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeTrend(
  folder: string,
  { markdown, pictures }: Pick<Trend, 'markdown' | 'pictures'>,
): Promise<readonly string[]> {
  const files = [
    { path: 'trend.md', text: markdown },
    ...pictures.map(({ fileName, svg }) => ({ path: fileName, text: svg })),
  ];
  return writeFolder(folder, 'trend', files, { folder: '', names: /-[0-9a-f]{12}-[0-9a-f]{12}\.svg$/ });
}
