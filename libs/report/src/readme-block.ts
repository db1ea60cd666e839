import type { MetricKey, RunFile } from '@tare/results';
import { chartPictures } from './chart-pictures.ts';
import { markdownTable } from './markdown-table.ts';
import { metricTables } from './metric-table.ts';
import { conclusionMarkdown } from './conclusion-markdown.ts';
import { counted, dateText, loadText, missingEnvironments } from './run-notes.ts';
import { escapeMarkdown } from './safe-text.ts';
import { latencySource } from './words/latency-source.ts';

const readmeMetrics: readonly MetricKey[] = [
  'startupMs',
  'restartMs',
  'throughputRps',
  'latencyMeanMs',
  'latencyP50Ms',
  'latencyP95Ms',
  'latencyP99Ms',
  'cpuNetMsPerRequest',
  'cpuGrossMsPerRequest',
  'memoryNetMiB',
  'memoryGrossMiB',
  'errors',
];

/**
 * The run as a part of a README: per workload the conclusion, a table and its pictures; without the markers around it.
 * @param chartsPath folder of the charts as seen from the README, with "/": "reports/latest/charts".
 */
export function renderReadmeBlock(run: RunFile, { chartsPath }: { readonly chartsPath: string }): string {
  const missing = missingEnvironments(run).map(
    ({ name, reason }) => `${escapeMarkdown(name)} (${escapeMarkdown(reason)})`,
  );
  const parts = [
    `Measured ${dateText(run.startedAt)} on ${escapeMarkdown(run.host.cpuModel)}, ${counted(run.host.cores, 'core')}: ` +
      `${counted(run.plan.rounds, 'round')}, ${loadText(run)}, seed ${run.seed}. ` +
      'Mean ± standard deviation over trials; below it the ratio to the baseline with its 95 % interval and the verdict.',
    ...metricTables(run, readmeMetrics).flatMap((table) => [
      `**${escapeMarkdown(table.workload)}**`,
      conclusionMarkdown(run, table.workload),
      markdownTable(table),
      escapeMarkdown(latencySource(run, table.workload)),
      chartPictures(run, table.workload, chartsPath),
    ]),
    ...(missing.length === 0 ? [] : [`Not measured: ${missing.join('; ')}.`]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
