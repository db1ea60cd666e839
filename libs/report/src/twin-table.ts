import { metricCatalogue } from '@tare/results';
import type { RunFile } from '@tare/results';
import { tableLine } from './markdown-table.ts';
import { measuredWorkloads, metricTitle } from './metric-table.ts';
import { ratioText } from './number-text.ts';
import { escapeMarkdown } from './safe-text.ts';
import { twinComparisons } from './words/twin-words.ts';

/** The twin's ratios and verdicts in Markdown: a row per judged metric, a column per workload; undefined without any. */
export function twinTable(run: RunFile): string | undefined {
  const judged = twinComparisons(run);
  const workloads = measuredWorkloads(run).filter((name) => judged.some(({ workload }) => workload === name));
  const rows = metricCatalogue.flatMap((metric) => {
    const cells = workloads.map((name) => {
      const found = judged.find((each) => each.workload === name && each.metric === metric.key);
      return found === undefined ? '–' : escapeMarkdown(`${ratioText(found)} ${found.verdict ?? ''}`);
    });
    return cells.every((cell) => cell === '–')
      ? []
      : [tableLine([escapeMarkdown(metricTitle(metric)), ...cells])];
  });
  if (rows.length === 0) return undefined;
  return [
    tableLine(['Metric', ...workloads.map(escapeMarkdown)]),
    tableLine(['---', ...workloads.map(() => '---:')]),
    ...rows,
  ].join('\n');
}
