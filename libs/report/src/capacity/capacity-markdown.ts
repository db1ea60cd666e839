import type { CapacityFile } from '@tare/results';
import { tableLine } from '../markdown-table.ts';
import { dateText } from '../run-notes.ts';
import { codeSpan, escapeMarkdown } from '../safe-text.ts';
import { capacityNotes } from './capacity-notes.ts';
import { capacityRows } from './capacity-rows.ts';
import { planCapacityCharts } from './capacity-chart-plan.ts';

/**
 * Capacities as a Markdown document: per workload a table and the chart, then how they were found, what could not be
 * measured, and the warnings. The same file gives the same text.
 * @param chartsPath folder of the charts as seen from the document, with "/".
 */
export function renderCapacityMarkdown(file: CapacityFile, chartsPath: string): string {
  const { slo } = file.config;
  const plans = planCapacityCharts(file);
  const workloads = file.config.workloads.flatMap(({ name, requestPath }) => {
    const rows = capacityRows(file).filter((row) => row.workload === name);
    const pictures = plans
      .filter(({ workload }) => workload === name)
      .map(({ title, fileName }) => `![${escapeMarkdown(title)}](${chartsPath}/${fileName})`);
    if (rows.length === 0 && pictures.length === 0) return [];
    const lines = rows.map((row) =>
      tableLine(
        [row.environment, row.capacity, row.firstMiss || '–', row.latency || '–', row.passes].map(
          escapeMarkdown,
        ),
      ),
    );
    const heads = tableLine(['Environment', 'Highest rate', 'First miss', 'p50 / p99 there', 'Passes']);
    return [
      `## ${escapeMarkdown(name)}`,
      `Request: ${codeSpan(requestPath)}`,
      ...(rows.length === 0 ? [] : [[heads, '| --- | --- | ---: | ---: | --- |', ...lines].join('\n')]),
      ...pictures,
    ];
  });
  const missing = file.environments.flatMap((environment) => {
    if (environment.status === 'measured') return [];
    const advice =
      environment.remedy === undefined ? '' : `<br>Remedy: ${escapeMarkdown(environment.remedy)}`;
    return [
      `- **${escapeMarkdown(environment.name)}** (${environment.status}): ${escapeMarkdown(environment.reason)}${advice}`,
    ];
  });
  const warnings = file.diagnostics.map(
    ({ level, code, message }) => `- ${level} ${codeSpan(code)}: ${escapeMarkdown(message)}`,
  );
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
  const sections = [
    `# Capacity for ${escapeMarkdown(slo.text)}, ${dateText(file.startedAt)}, on ${escapeMarkdown(file.host.cpuModel)}`,
    ...(workloads.length === 0 ? ['No capacity was found.'] : workloads),
    ...section(
      'How it was found',
      [...capacityNotes(file), `Run ${file.id}, seed ${file.seed}.`].map(
        (note) => `- ${escapeMarkdown(note)}`,
      ),
    ),
    ...section('Not measured', missing),
    ...section('Diagnostics', warnings),
  ];
  return `${sections.join('\n\n')}\n`;
}
