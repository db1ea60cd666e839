import { metricTitle } from './metric-table.ts';
import type { MetricTable, TableCell } from './metric-table.ts';
import { escapeMarkdown } from './safe-text.ts';

/** A metric table in Markdown: a row per metric; a cell holds mean ± sd, and below it the ratio and the verdict. */
export function markdownTable({ columns, rows }: MetricTable): string {
  const heads = columns.map(
    ({ title, isBaseline }) => escapeMarkdown(title) + (isBaseline ? '<br>(baseline)' : ''),
  );
  return [
    tableLine(['Metric', 'Better', ...heads]),
    tableLine(['---', '---', ...columns.map(() => '---:')]),
    ...rows.map(({ metric, cells }) =>
      tableLine([escapeMarkdown(metricTitle(metric)), metric.direction, ...cells.map(cellMarkdown)]),
    ),
  ].join('\n');
}

/** One line of a Markdown table; the cells must be escaped already. */
export function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellMarkdown({ mean, ratio, verdict }: TableCell): string {
  if (mean === '') return '–';
  if (ratio === '') return mean;
  return `${mean}<br>${ratio.replaceAll(/[[\]]/g, '\\$&')}${verdict === undefined ? '' : ` ${verdict}`}`;
}
