import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { MetricKey, RunFile, Verdict } from '@tare/results';
import { metricTables, metricTitle } from './metric-table.ts';
import type { MetricTable, TableCell, TableColumn } from './metric-table.ts';
import { painter } from './paint.ts';
import type { Paint, Style } from './paint.ts';
import { counted, dateText, loadText } from './run-notes.ts';
import { oneLine } from './safe-text.ts';
import { terminalNotes } from './terminal-notes.ts';
import { conclusionSentences } from './words/conclusion.ts';
import { latencySource } from './words/latency-source.ts';
import type { RunCareOptions } from './words/run-care.ts';
import { wrapped } from './wrapped.ts';

export type TerminalOptions = RunCareOptions & {
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Whether to write escape sequences for colours. */
  readonly colour: boolean;
};

/** What a terminal shows; the rest is in summary.md. */
const terminalMetrics: readonly MetricKey[] = [
  'startupMs',
  'restartMs',
  'throughputRps',
  'latencyMeanMs',
  'latencyP50Ms',
  'latencyP95Ms',
  'latencyP99Ms',
  'cpuNetMsPerRequest',
  'cpuGrossMsPerRequest',
  'cpuNetPercent',
  'cpuGrossPercent',
  'memoryNetMiB',
  'memoryGrossMiB',
  'errors',
];

const verdictMarks: Readonly<Record<Verdict, { readonly sign: string; readonly style: Style }>> = {
  better: { sign: '✓', style: 'green' },
  worse: { sign: '✗', style: 'red' },
  same: { sign: '≈', style: 'dim' },
  undecided: { sign: '?', style: 'yellow' },
};

const borderless = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '',
}; // prettier-ignore

/**
 * The run as text for a terminal: per workload a table of metrics by environment and what follows from the verdicts; then how
 * far the run can be trusted, the environments that could not be measured, and the warnings, many of a kind summed up.
 * When the environments do not fit beside each other, they follow in blocks. The twin is not shown as an environment.
 * @returns lines ending in a line feed; the same run and options give the same text.
 */
export function renderTerminalTable(run: RunFile, options: TerminalOptions): string {
  const { columns, colour } = options;
  const paint = painter(colour);
  const tables = metricTables(run, terminalMetrics);
  const texts = tables.map((table) => workloadText(run, table, columns, paint));
  const sections = [
    `${paint('bold', `Run ${oneLine(run.id)}`)}, ${dateText(run.startedAt)}, seed ${run.seed}\n${loadText(run)}`,
    ...(tables.length === 0 ? ['No trial was measured.'] : [...texts, legendText(tables, paint)]),
    ...terminalNotes(run, columns, paint, options),
  ];
  return `${sections.join('\n\n')}\n`;
}

function workloadText(run: RunFile, table: MetricTable, columns: number, paint: Paint): string {
  const rounds = run.trials.filter(({ workload }) => workload === table.workload).map(({ round }) => round);
  const path = run.config.workloads.find(({ name }) => name === table.workload)?.requestPath ?? '';
  const heading = `${paint('bold', oneLine(table.workload))}  ${oneLine(path)}`.trimEnd();
  const counts = `${counted(new Set(rounds).size, 'round')}, mean ± sd, ratio to ${oneLine(table.baseline)} [95 % interval]`;
  const source = wrapped(latencySource(run, table.workload), columns, '');
  const sentences = conclusionSentences(run, { intervals: false })
    .filter(({ workload }) => workload === table.workload)
    .flatMap((conclusion) => conclusion.sentences.map((sentence) => wrapped(sentence, columns, '')));
  return [
    `${heading}\n${paint('dim', counts)}`,
    ...blocks(table, columns, paint),
    [...sentences, paint('dim', source)].join('\n'),
  ].join('\n\n');
}

/** As many environments beside each other as fit into the width, at least one; then the next ones below. */
function blocks(table: MetricTable, columns: number, paint: Paint): readonly string[] {
  const texts: string[] = [];
  let shown: readonly number[] = [];
  let text = '';
  for (const index of table.columns.keys()) {
    const wider = blockText(table, [...shown, index], paint);
    const fits = shown.length === 0 || widthOf(wider) <= columns;
    if (!fits) texts.push(text);
    shown = fits ? [...shown, index] : [index];
    text = fits ? wider : blockText(table, shown, paint);
  }
  return [...texts, text];
}

function blockText(table: MetricTable, shown: readonly number[], paint: Paint): string {
  const drawn = new Table({
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    colAligns: ['left', ...shown.flatMap((index) => aligns(table.columns[index]))],
  });
  drawn.push([
    paint('dim', 'Metric'),
    ...shown.flatMap((index) => {
      const column = table.columns[index];
      if (column === undefined) return [];
      const content = paint('bold', oneLine(column.title));
      return [{ content, colSpan: aligns(column).length, hAlign: 'left' as const }];
    }),
  ]);
  for (const { metric, cells } of table.rows) {
    const arrow = metric.direction === 'lower' ? '↓' : '↑';
    drawn.push([
      `${metricTitle(metric).replace(' per request', '/request')} ${paint('dim', arrow)}`,
      ...shown.flatMap((index) =>
        cellTexts(cells[index], paint).slice(0, aligns(table.columns[index]).length),
      ),
    ]);
  }
  const [head = '', ...lines] = drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const rule = paint('dim', '─'.repeat(widthOf([head, ...lines].join('\n'))));
  return [head, rule, ...lines].join('\n');
}

/** The baseline has no ratio to itself: one column of text instead of two. */
function aligns(column: TableColumn | undefined): readonly ('right' | 'left')[] {
  return column?.isBaseline === true ? ['right'] : ['right', 'left'];
}

function cellTexts(cell: TableCell | undefined, paint: Paint): readonly [string, string] {
  if (cell === undefined || cell.mean === '') return ['–', ''];
  if (cell.verdict === undefined) return [cell.mean, cell.ratio];
  const { sign, style } = verdictMarks[cell.verdict];
  return [cell.mean, paint(style, `${cell.ratio} ${sign}`)];
}

function legendText(tables: readonly MetricTable[], paint: Paint): string {
  const isJudged = tables.some(({ rows }) => rows.some(({ cells }) => cells.some(({ verdict }) => verdict)));
  const verdicts = Object.entries(verdictMarks).map(([name, { sign }]) => `${sign} ${name}`);
  return paint('dim', ['↓ lower is better', '↑ higher is better', ...(isJudged ? verdicts : [])].join('  '));
}

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => [...stripVTControlCharacters(line)].length));
}
