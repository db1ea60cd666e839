import type { Verdict } from '@tare/results';
import { summedUp } from '../model/diagnostics.ts';
import { counted } from '../model/plain-text.ts';
import type { ReportModel } from '../model/report-model.ts';
import { shownAs } from '../model/shown-metrics.ts';
import type { MetricCell, MetricRow, WorkloadModel } from '../model/workload-model.ts';
import type { Subject } from '../model/subjects.ts';
import {
  marked,
  missingLines,
  painter,
  terminalPage,
  terminalSection,
  terminalTable,
  widthOf,
  wrapped,
} from './terminal-layout.ts';
import type { Paint, Style, Terminal } from './terminal-layout.ts';

const verdictMarks: Readonly<Record<Verdict, { readonly sign: string; readonly style: Style }>> = {
  better: { sign: '✓', style: 'green' },
  worse: { sign: '✗', style: 'red' },
  same: { sign: '≈', style: 'dim' },
  undecided: { sign: '?', style: 'yellow' },
};

/**
 * The run as text for a terminal: per workload a table of metrics by environment and what follows from the verdicts; then the
 * caveats, the environments that could not be measured, and the warnings, many of a kind summed up. When the environments do
 * not fit beside each other, they follow in blocks. The rest is in summary.md.
 * @returns lines ending in a line feed; the same model and terminal give the same text.
 */
export function renderTerminal(report: ReportModel, { columns, colour }: Terminal): string {
  const paint = painter(colour);
  const { workloads } = report;
  const caveats = report.caveats.map(({ level, text }) =>
    level === 'info' ? wrapped(text, columns) : marked(level, text, columns, paint),
  );
  return terminalPage([
    `${paint('bold', `Run ${report.id}`)}, ${report.started}, seed ${report.seed}\n${report.load}`,
    ...(workloads.length === 0
      ? ['No trial was measured.']
      : [...workloads.map((each) => workloadText(each, columns, paint)), legendText(workloads, paint)]),
    ...terminalSection('How far this can be trusted', caveats, paint),
    ...terminalSection('Not measured, or only in part', missingLines(report.missing, paint), paint),
    ...terminalSection('Diagnostics', diagnosticLines(report, columns, paint), paint),
  ]);
}

function diagnosticLines(report: ReportModel, columns: number, paint: Paint): readonly string[] {
  // the caveat of the A/A control says what its diagnostic does
  const shown = report.diagnostics.filter(
    ({ level, code }) => level !== 'info' && code !== 'control-differs',
  );
  return [
    ...summedUp(shown).map(({ level, message }) => marked(level, message, columns, paint)),
    ...report.warnings.judged.map((warning) => marked('warning', warning, columns, paint)),
  ];
}

function workloadText(workload: WorkloadModel, columns: number, paint: Paint): string {
  const heading = `${paint('bold', workload.name)}  ${workload.requestPath}`.trimEnd();
  const counts = `${counted(workload.rounds, 'round')}, mean ± sd, ratio to ${workload.baseline} [95 % interval]`;
  const sentences = workload.conclusion.map(({ brief }) => wrapped(brief, columns, ''));
  return [
    `${heading}\n${paint('dim', counts)}`,
    ...blocks(workload, columns, paint),
    [...sentences, paint('dim', wrapped(workload.latency.text, columns, ''))].join('\n'),
  ].join('\n\n');
}

/** As many environments beside each other as fit into the width, at least one; then the next ones below. */
function blocks({ subjects, rows }: WorkloadModel, columns: number, paint: Paint): readonly string[] {
  const shownRows = rows.filter(({ metric }) => shownAs(metric.key).terminal === true);
  const texts: string[] = [];
  let shown: readonly Subject[] = [];
  let text = '';
  for (const subject of subjects) {
    const wider = blockText(shownRows, [...shown, subject], paint);
    const fits = shown.length === 0 || widthOf(wider) <= columns;
    if (!fits) texts.push(text);
    shown = fits ? [...shown, subject] : [subject];
    text = fits ? wider : blockText(shownRows, shown, paint);
  }
  return [...texts, text];
}

function blockText(rows: readonly MetricRow[], shown: readonly Subject[], paint: Paint): string {
  const head = [
    paint('dim', 'Metric'),
    ...shown.map((subject) => ({ text: paint('bold', subject.title), span: alignsOf(subject).length })),
  ];
  const lines = rows.map(({ metric, title, cells }) => {
    const arrow = metric.direction === 'lower' ? '↓' : '↑';
    return [
      `${title.replace(' per request', '/request')} ${paint('dim', arrow)}`,
      ...shown.flatMap((subject) =>
        cellTexts(
          cells.find((cell) => cell.subject === subject),
          paint,
        ).slice(0, alignsOf(subject).length),
      ),
    ];
  });
  return terminalTable([head, ...lines], ['left', ...shown.flatMap(alignsOf)], paint);
}

/** The baseline has no ratio to itself: one column of text instead of two. */
function alignsOf({ isBaseline }: Subject): readonly ('right' | 'left')[] {
  return isBaseline ? ['right'] : ['right', 'left'];
}

function cellTexts(cell: MetricCell | undefined, paint: Paint): readonly [string, string] {
  if (cell === undefined || cell.mean === '') return ['–', ''];
  if (cell.verdict === undefined) return [cell.mean, cell.ratio];
  const { sign, style } = verdictMarks[cell.verdict];
  return [cell.mean, paint(style, `${cell.ratio} ${sign}`)];
}

function legendText(workloads: readonly WorkloadModel[], paint: Paint): string {
  const isJudged = workloads.some(({ rows }) =>
    rows.some(({ cells }) => cells.some(({ verdict }) => verdict)),
  );
  const verdicts = Object.entries(verdictMarks).map(([name, { sign }]) => `${sign} ${name}`);
  return paint('dim', ['↓ lower is better', '↑ higher is better', ...(isJudged ? verdicts : [])].join('  '));
}
