import { tableLine } from '../markdown-table.ts';
import { metricTitle } from '../metric-table.ts';
import { decimalsOf } from '../number-text.ts';
import { painter } from '../paint.ts';
import type { Paint } from '../paint.ts';
import { escapeMarkdown, oneLine } from '../safe-text.ts';
import type { TerminalOptions } from '../terminal-table.ts';
import type { TrendGroup } from './trend-group.ts';
import type { TrendPoint, TrendSeries } from './trend-series.ts';
import {
  careText,
  changeMark,
  changeSentence,
  commitText,
  environmentTitle,
  hostText,
  runsText,
} from './trend-words.ts';

const heads = ['Metric', 'Environment', 'Runs', 'Latest [95 %]', 'Level', 'Changes'];
const effects = ['worse', 'better', 'within the margin', 'not judged'];
const gap = '  ';

/** The groups as text for a terminal: a table each, then the changes in words. Lines end in a line feed. */
export function trendText(groups: readonly TrendGroup[], { colour }: TerminalOptions): string {
  const paint = painter(colour);
  return groups.map((group) => `${groupText(group, paint)}\n`).join('\n');
}

/**
 * The groups as a Markdown document.
 * @param pictures file names of the pictures of a group, beside the document.
 */
export function trendMarkdown(
  groups: readonly TrendGroup[],
  pictures: (group: TrendGroup) => readonly { readonly fileName: string; readonly title: string }[],
): string {
  const sections = groups.map((group) => {
    const changes = sentences(group).map(({ text }) => `- ${escapeMarkdown(text)}`);
    return [
      `## ${escapeMarkdown(group.workload)}`,
      `${escapeMarkdown(hostText(group))}; conditions ${group.conditions}; ${runsText(group)}`,
      ...(changes.length === 0 ? [] : [changes.join('\n')]),
      [
        tableLine(heads),
        tableLine(['---', '---', '---:', '---:', '---:', '---']),
        ...group.series.map((series) => tableLine(cells(series).map(escapeMarkdown))),
      ].join('\n'),
      careText(group),
      pictures(group)
        .map(({ fileName, title }) => `![${escapeMarkdown(title)}](${encodeURI(fileName)})`)
        .join('\n'),
    ].join('\n\n');
  });
  return `${['# Trend', ...sections].join('\n\n')}\n`;
}

function groupText(group: TrendGroup, paint: Paint): string {
  const rows = [heads, ...group.series.map(cells)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0, column >= 2 && column <= 4))
      .join(gap)
      .trimEnd(),
  );
  const changes = sentences(group).map(
    ({ text, effect }) =>
      `  ${paint(effect === 'worse' ? 'red' : effect === 'better' ? 'green' : 'dim', text)}`,
  );
  return [
    `${paint('bold', oneLine(group.workload))}  ${runsText(group)}, conditions ${group.conditions}`,
    paint('dim', hostText(group)),
    '',
    ...lines.map((line, place) => (place === 0 ? paint('dim', line) : line)),
    '',
    ...(changes.length === 0 ? ['No change found.'] : ['Changes', ...changes]),
    paint('dim', careText(group)),
  ].join('\n');
}

/** The changes of a group in words: worse ones first, those within the margin last. */
function sentences({ workload, series }: TrendGroup) {
  return series
    .flatMap((each) =>
      each.changes.map((change) => ({
        text: changeSentence(workload, each, change),
        effect: change.effect,
      })),
    )
    .toSorted((a, b) => effects.indexOf(a.effect) - effects.indexOf(b.effect));
}

function cells(series: TrendSeries): readonly string[] {
  const { metric, points, level, changes } = series;
  const marks = changes.map((change) => {
    const point = points[change.index];
    return `${changeMark(change)} ${point === undefined ? '' : commitText(point)}`;
  });
  return [
    metricTitle(metric),
    environmentTitle(series),
    String(points.length),
    latestText(points.at(-1)),
    level.toFixed(decimalsOf(level)),
    marks.join(', '),
  ];
}

function latestText(point: TrendPoint | undefined): string {
  if (point === undefined) return '–';
  const decimals = decimalsOf(point.mean);
  const interval =
    point.ci95 === null ? '' : ` [${point.ci95.map((bound) => bound.toFixed(decimals)).join(', ')}]`;
  return `${point.mean.toFixed(decimals)}${interval}`;
}

function padded(text: string, width: number, isNumber: boolean): string {
  const room = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumber ? room + text : text + room;
}

function widthOf(text: string): number {
  return [...text].length;
}
