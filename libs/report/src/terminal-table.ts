import { stripVTControlCharacters, styleText } from 'node:util';
import Table from 'cli-table3';
import type { Comparison, MetricKey, RunFile } from '@tare/results';
import { metricTables, metricTitle } from './metric-table.ts';
import type { MetricTable, TableCell, TableColumn } from './metric-table.ts';
import { comparisonWarnings, counted, dateText, loadText, missingEnvironments } from './run-notes.ts';
import { oneLine } from './safe-text.ts';

export type TerminalOptions = {
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Whether to write escape sequences for colours. */
  readonly colour: boolean;
};

type Verdict = Comparison['verdict'];
type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

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
 * The run as text for a terminal: per workload a table of metrics by environment, then the environments that could
 * not be measured, then the warnings. When the environments do not fit beside each other, they follow in blocks.
 * @returns lines ending in a line feed; the same run and options give the same text.
 */
export function renderTerminalTable(run: RunFile, { columns, colour }: TerminalOptions): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const tables = metricTables(run, terminalMetrics);
  const texts = tables.map((table) => workloadText(run, table, columns, paint));
  const sections = [
    `${paint('bold', `Run ${oneLine(run.id)}`)}, ${dateText(run.startedAt)}, seed ${run.seed}\n${loadText(run)}`,
    ...(tables.length === 0 ? ['No trial was measured.'] : [...texts, legendText(tables, paint)]),
    ...missingSection(run, paint),
    ...warningSection(run, paint),
  ];
  return `${sections.join('\n\n')}\n`;
}

function workloadText(run: RunFile, table: MetricTable, columns: number, paint: Paint): string {
  const rounds = run.trials.filter(({ workload }) => workload === table.workload).map(({ round }) => round);
  const path = run.config.workloads.find(({ name }) => name === table.workload)?.requestPath ?? '';
  const heading = `${paint('bold', oneLine(table.workload))}  ${oneLine(path)}`.trimEnd();
  const counts = `${counted(new Set(rounds).size, 'round')}, mean ± sd, ratio to ${oneLine(table.baseline)} [95 % interval]`;
  return [`${heading}\n${paint('dim', counts)}`, ...blocks(table, columns, paint)].join('\n\n');
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

function missingSection(run: RunFile, paint: Paint): readonly string[] {
  const lines = missingEnvironments(run).flatMap(({ name, status, reason, remedy }) => [
    `  ${oneLine(name)}: ${paint('yellow', status)}, ${oneLine(reason)}`,
    ...(remedy === undefined ? [] : [`    remedy: ${oneLine(remedy)}`]),
  ]);
  return lines.length === 0 ? [] : [[paint('bold', 'Not measured'), ...lines].join('\n')];
}

function warningSection(run: RunFile, paint: Paint): readonly string[] {
  const lines = [
    ...run.diagnostics
      .filter(({ level }) => level !== 'info')
      .map(
        ({ level, message }) =>
          `  ${paint(level === 'error' ? 'red' : 'yellow', level)}: ${oneLine(message)}`,
      ),
    ...comparisonWarnings(run).map((warning) => `  ${paint('yellow', 'warning')}: ${oneLine(warning)}`),
  ];
  return lines.length === 0 ? [] : [[paint('bold', 'Diagnostics'), ...lines].join('\n')];
}

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => [...stripVTControlCharacters(line)].length));
}
