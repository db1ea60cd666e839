import { fewestForChangePoint } from '@tare/statistics';
import { factorText, figureText, intervalText } from '../model/figure-text.ts';
import { roundPercent } from '../model/differences.ts';
import { counted } from '../model/plain-text.ts';
import { metricNoun, metricTitle } from '../model/shown-metrics.ts';
import type { Picture } from '../plot/chart.ts';
import { escapeMarkdown, markdownList, markdownPictures, markdownTable } from '../text/markdown.ts';
import { alignedRows, painter, terminalPage } from '../text/terminal-layout.ts';
import type { Paint, Terminal } from '../text/terminal-layout.ts';
import type { TrendChange, TrendGroup, TrendPoint, TrendSeries } from './trend-series.ts';

/** Share of series without a change that show one all the same: the level of the test. */
const falseAlarmShare = 0.05;
/** From this ratio on, and from its inverse down, a factor reads better than a percentage. */
const largeRatio = 2;
const heads = ['Metric', 'Environment', 'Runs', 'Latest [95 %]', 'Level', 'Changes'];
const aligns = ['left', 'left', 'right', 'right', 'right', 'left'] as const;
const effects = ['worse', 'better', 'within the margin', 'not judged'];

/** The groups as text for a terminal: a table each, then the changes in words. Lines end in a line feed. */
export function trendText(groups: readonly TrendGroup[], { colour }: Pick<Terminal, 'colour'>): string {
  const paint = painter(colour);
  return terminalPage(groups.map((group) => groupText(group, paint)));
}

/** The groups as a Markdown document. @param pictures of a group, beside the document. */
export function trendMarkdown(
  groups: readonly TrendGroup[],
  pictures: (group: TrendGroup) => readonly Picture[],
): string {
  const sections = groups.flatMap((group) => [
    `## ${escapeMarkdown(group.workload)}`,
    `${escapeMarkdown(hostText(group))}; conditions ${group.conditions}; ${runsText(group)}`,
    markdownList(sentences(group).map(({ text }) => escapeMarkdown(text))),
    markdownTable(
      heads,
      aligns,
      group.series.map((series) => cells(series).map(escapeMarkdown)),
    ),
    caveatText(group),
    markdownPictures(pictures(group), ''),
  ]);
  return `${['# Trend', ...sections].filter((text) => text !== '').join('\n\n')}\n`;
}

function groupText(group: TrendGroup, paint: Paint): string {
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
  const latest = points.at(-1);
  return [
    metricTitle(metric),
    environmentTitle(series),
    String(points.length),
    latest === undefined
      ? '–'
      : `${figureText(latest.mean)} ${intervalText(latest.mean, latest.ci95)}`.trimEnd(),
    figureText(level),
    marks.join(', '),
  ];
}

/** "throughput of primes in docker fell 12 % at abc1234 (2026-11-20), p = 0.005: worse". */
export function changeSentence(workload: string, series: TrendSeries, change: TrendChange): string {
  const { ratio, p, effect, index } = change;
  const subject = `${metricNoun(series.metric.key)} of ${workload} in ${environmentTitle(series)}`;
  const point = series.points[index];
  const place =
    point === undefined ? 'an unknown run' : `${commitText(point)} (${point.startedAt.slice(0, 10)})`;
  return `${subject} ${movement(ratio)} at ${place}, p = ${p.toFixed(3)}: ${effect}`;
}

function movement(ratio: number | null): string {
  if (ratio === null) return 'changed';
  const verb = ratio < 1 ? 'fell' : 'rose';
  return isLarge(ratio) ? `${verb} to ${factorText(ratio)}` : `${verb} ${percentText(ratio)}`;
}

/** "−12 %", "+3.1 %", "×3.28"; "changed" without a ratio. */
export function changeMark({ ratio }: TrendChange): string {
  if (ratio === null) return 'changed';
  if (isLarge(ratio)) return factorText(ratio);
  return `${ratio < 1 ? '−' : '+'}${percentText(ratio)}`;
}

/** "abc1234", "abc1234+" when the tree had other changes, "run 20261120-101500" without a commit. */
export function commitText({ commit, dirty, id }: Pick<TrendPoint, 'commit' | 'dirty' | 'id'>): string {
  return commit === null ? `run ${id}` : `${commit.slice(0, 7)}${dirty ? '+' : ''}`;
}

/** "docker", "vagrant (emulated)". */
export function environmentTitle({ environment, emulated }: TrendSeries): string {
  return `${environment}${emulated ? ' (emulated)' : ''}`;
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

function isLarge(ratio: number): boolean {
  return ratio >= largeRatio || ratio <= 1 / largeRatio;
}

function percentText(ratio: number): string {
  return roundPercent(Math.abs(ratio - 1) * 100);
}
