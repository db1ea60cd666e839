import type { HistoryLine } from '@tare/results';
import { fewestForChangePoint } from '@tare/statistics';
import { isLarge } from '../model/differences.ts';
import { metricNoun, metricTitle } from '../model/shown-metrics.ts';
import { counted, figureText, figureWithInterval, withPlainText } from '../model/words.ts';
import type { Picture } from '../plot/chart.ts';
import {
  escapeMarkdown,
  markdownDocument,
  markdownList,
  markdownPictures,
  textTable,
} from '../text/markdown.ts';
import { alignedRows, screenOf, terminalPage, type Screen, type Terminal } from '../text/terminal-layout.ts';
import { writeFolder } from '../write-report.ts';
import { otavaFiles } from './otava.ts';
import { trendPictures } from './trend-chart.ts';
import { changeMark, commitText, sizeText, trendGroups } from './trend-series.ts';
import type { TrendChange, TrendFilter, TrendGroup, TrendSeries } from './trend-series.ts';

export type Trend = {
  readonly groups: readonly TrendGroup[];
  /** A picture per group and metric, of groups with two runs or more. */
  readonly pictures: readonly Picture[];
  /** A document that shows the pictures from its own folder. */
  readonly markdown: string;
  /** Tables and changes for a terminal. */
  readonly text: (terminal: Terminal) => string;
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
    text: (terminal) => terminalPage(groups.map((group) => groupText(group, screenOf(terminal)))),
  };
}

/**
 * Writes `trend.md` and its pictures into a folder, which is made if need be; all of them or none. Pictures that an earlier
 * trend left and this one does not have are removed; other files are not touched.
 * @param format of another tool to write the history in beside them.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeTrend(
  folder: string,
  { groups, markdown, pictures }: Pick<Trend, 'groups' | 'markdown' | 'pictures'>,
  format?: 'otava',
): Promise<readonly string[]> {
  const files = [
    { path: 'trend.md', text: markdown },
    ...pictures.map(({ fileName, svg }) => ({ path: fileName, text: svg })),
    ...(format === 'otava' ? otavaFiles(groups) : []),
  ];
  return writeFolder(folder, 'trend', files, { folder: '', names: /-[0-9a-f]{12}-[0-9a-f]{12}\.svg$/ });
}

/** Share of series without a change that show one all the same: the level of the test. */
const falseAlarmShare = 0.05;
const heads = ['Metric', 'Environment', 'Runs', 'Latest [95 %]', 'Level', 'Changes'];
const aligns = ['left', 'left', 'right', 'right', 'right', 'left'] as const;
const effects = ['worse', 'better', 'within the margin', 'not judged'];

/** The groups as a Markdown document. @param pictures of a group, beside the document. */
function trendMarkdown(
  groups: readonly TrendGroup[],
  pictures: (group: TrendGroup) => readonly Picture[],
): string {
  const sections = groups.flatMap((group) => [
    `## ${escapeMarkdown(group.workload)}`,
    `${escapeMarkdown(hostText(group))}; conditions ${group.conditions}; ${runsText(group)}`,
    markdownList(sentences(group).map(({ text }) => escapeMarkdown(text))),
    textTable(heads, aligns, group.series.map(cells)),
    caveatText(group),
    markdownPictures(pictures(group), ''),
  ]);
  return markdownDocument(['# Trend', ...sections]);
}

/** A group as text for a terminal: a table, then the changes in words. */
function groupText(group: TrendGroup, { paint }: Screen): string {
  const lines = alignedRows([heads, ...group.series.map(cells)], aligns);
  const changes = sentences(group).map(
    ({ text, effect }) =>
      `  ${paint(effect === 'worse' ? 'red' : effect === 'better' ? 'green' : 'dim', text)}`,
  );
  return [
    `${paint('bold', group.workload)}  ${runsText(group)}, conditions ${group.conditions}`,
    paint('dim', hostText(group)),
    '',
    ...lines.map((line, place) => (place === 0 ? paint('dim', line) : line)),
    '',
    ...(changes.length === 0 ? ['No change found.'] : ['Changes', ...changes]),
    paint('dim', caveatText(group)),
  ].join('\n');
}

/** The changes of a group in words: worse ones first, those within the margin last. */
function sentences({ workload, series }: TrendGroup) {
  const told = series.flatMap((each) =>
    each.changes.map((change) => ({ text: changeSentence(workload, each, change), effect: change.effect })),
  );
  return told.toSorted((a, b) => effects.indexOf(a.effect) - effects.indexOf(b.effect));
}

function cells(series: TrendSeries): readonly string[] {
  const { metric, points, level, changes } = series;
  const marks = changes.map((change) => {
    const point = points[change.index];
    return `${changeMark(change)} ${point === undefined ? '' : commitText(point)}`;
  });
  const latest = points.at(-1);
  return [
    metricTitle(metric),
    series.title,
    String(points.length),
    latest === undefined ? '–' : figureWithInterval(latest.mean, latest.ci95),
    figureText(level),
    marks.join(', '),
  ];
}

/** "throughput of primes in docker fell 12 % at abc1234 (2026-11-20), p = 0.005: worse". */
export function changeSentence(workload: string, series: TrendSeries, change: TrendChange): string {
  const { p, effect, index } = change;
  const subject = `${metricNoun(series.metric.key)} of ${workload} in ${series.title}`;
  const point = series.points[index];
  const place =
    point === undefined ? 'an unknown run' : `${commitText(point)} (${point.startedAt.slice(0, 10)})`;
  return `${subject} ${movement(change)} at ${place}, p = ${p.toFixed(3)}: ${effect}`;
}

function movement({ ratio }: TrendChange): string {
  if (ratio === null) return 'changed';
  return `${ratio < 1 ? 'fell' : 'rose'}${isLarge(ratio) ? ' to' : ''} ${sizeText(ratio)}`;
}

/** "AMD EPYC, 2 cores, 24 GiB, Linux 6.18, Node v24.21.0 (host 0123456789ab)". */
export function hostText({ host, hostFingerprint }: TrendGroup): string {
  const parts = [host.cpuModel, counted(host.cores, 'core'), `${host.memoryGiB} GiB`, host.kernel];
  return `${[...parts, `Node ${host.node}`].join(', ')} (host ${hostFingerprint})`;
}

/** "12 runs, 2026-11-01 to 2026-11-20". */
export function runsText({ lines }: TrendGroup): string {
  const [first = '', last = ''] = [lines.at(0), lines.at(-1)].map((line) => line?.startedAt.slice(0, 10));
  return `${counted(lines.length, 'run')}, ${first === last ? first : `${first} to ${last}`}`;
}

/** What must be known of the marks: too few runs to find any, or how many come by chance. */
export function caveatText({ series }: TrendGroup): string {
  const most = Math.max(...series.map(({ points }) => points.length));
  if (most < fewestForChangePoint) {
    return `A change can be found from ${fewestForChangePoint} runs on one host under the same conditions; there ${most === 1 ? 'is' : 'are'} ${most}.`;
  }
  const tested = series.filter(({ points }) => points.length >= fewestForChangePoint).length;
  const expected = (tested * falseAlarmShare).toFixed(1);
  const what = tested === 1 ? '1 series was tested' : `${tested} series were tested`;
  return `${what} at p ≤ ${falseAlarmShare}: chance alone marks about ${expected} of them.`;
}
