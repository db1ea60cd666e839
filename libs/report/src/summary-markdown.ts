import { metricCatalogue } from '@tare/results';
import type { RunFile } from '@tare/results';
import { chartPictures } from './chart-pictures.ts';
import { conclusionMarkdown } from './conclusion-markdown.ts';
import { markdownTable, tableLine } from './markdown-table.ts';
import { metricTables } from './metric-table.ts';
import type { MetricTable } from './metric-table.ts';
import { repeatCommand } from './repeat-command.ts';
import { comparisonWarnings, counted, dateText, loadText, missingEnvironments } from './run-notes.ts';
import { codeSpan, escapeMarkdown, oneLine } from './safe-text.ts';
import { twinTable } from './twin-table.ts';
import { latencySource } from './words/latency-source.ts';
import { runCare } from './words/run-care.ts';
import type { RunCareOptions } from './words/run-care.ts';

/**
 * The run as a Markdown document: the conclusion, the tables, how far the run can be trusted, what could not be measured and
 * why, what was compared, facts of the environments, diagnostics in full, and the command that repeats it. The same run and
 * options give the same text.
 */
export function renderSummaryMarkdown(run: RunFile, options: RunCareOptions = {}): string {
  const tables = resultTables(run);
  const sections = [
    `# Comparison of ${dateText(run.startedAt)} on ${escapeMarkdown(run.host.cpuModel)}`,
    hostText(run),
    ...(tables.length === 0 ? ['No trial was measured.'] : ['## Conclusion', ...conclusions(run, tables)]),
    ...resultSections(run, tables),
    ...section('How far this can be trusted', careLines(run, options)),
    ...twinSections(run),
    ...section('Not measured', missingLines(run)),
    ...section('What was compared', comparedLines(run)),
    ...factSections(run),
    ...section('Diagnostics', diagnosticLines(run)),
    `## How to repeat this run\n\n\`\`\`sh\n${repeatCommand(run)}\n\`\`\``,
  ];
  return `${sections.join('\n\n')}\n`;
}

/**
 * The conclusion and the tables alone, for the page of a job: nothing that is a file beside. The same run gives the same text.
 */
export function renderStepSummary(run: RunFile, options: RunCareOptions = {}): string {
  const tables = resultTables(run);
  const sections = [
    `## Comparison of ${dateText(run.startedAt)} on ${escapeMarkdown(run.host.cpuModel)}`,
    ...(tables.length === 0 ? ['No trial was measured.'] : conclusions(run, tables)),
    ...tables.flatMap((table) => [
      `### ${escapeMarkdown(table.workload)}`,
      markdownTable(table),
      escapeMarkdown(latencySource(run, table.workload)),
    ]),
    careLines(run, options).join('\n'),
    missingLines(run).join('\n'),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function hostText({ host }: RunFile): string {
  const parts = [
    counted(host.cores, 'core'),
    `${Math.round(host.memoryMiB)} MiB memory`,
    escapeMarkdown(host.os),
    `kernel ${escapeMarkdown(host.kernel)}`,
    `Node ${escapeMarkdown(host.node)}`,
    host.virtualised === 'none' ? 'not virtualised' : `virtualised: ${escapeMarkdown(host.virtualised)}`,
  ];
  return `Host: ${parts.join(', ')}.`;
}

function resultTables(run: RunFile): readonly MetricTable[] {
  return metricTables(
    run,
    metricCatalogue.map(({ key }) => key),
  );
}

function conclusions(run: RunFile, tables: readonly MetricTable[]): readonly string[] {
  return tables.flatMap(({ workload }) => [
    ...(tables.length === 1 ? [] : [`**${escapeMarkdown(workload)}**`]),
    conclusionMarkdown(run, workload),
  ]);
}

function resultSections(run: RunFile, tables: readonly MetricTable[]): readonly string[] {
  return tables.flatMap((table) => [
    `## ${escapeMarkdown(table.workload)}`,
    `Mean ± standard deviation over trials; below it the ratio to ${escapeMarkdown(table.baseline)} with its 95 % interval and the verdict. ` +
      'A metric that repeats another, and an emulated environment, get no verdict.',
    markdownTable(table),
    escapeMarkdown(latencySource(run, table.workload)),
    chartPictures(run, table.workload, 'charts'),
  ]);
}

function careLines(run: RunFile, options: RunCareOptions): readonly string[] {
  return runCare(run, options).map(
    ({ level, text }) => `- ${level === 'warning' ? '**Warning:** ' : ''}${escapeMarkdown(text)}`,
  );
}

function twinSections(run: RunFile): readonly string[] {
  const table = twinTable(run);
  if (table === undefined) return [];
  return [
    `## The twin of ${escapeMarkdown(run.config.baseline)}`,
    'A second copy of the baseline that takes part in every round: what differs here is not real.',
    table,
  ];
}

function missingLines(run: RunFile): readonly string[] {
  return missingEnvironments(run).map(({ name, status, reason, remedy }) => {
    const advice = remedy === undefined ? '' : `<br>Remedy: ${escapeMarkdown(remedy)}`;
    return `- **${escapeMarkdown(name)}** (${status}): ${escapeMarkdown(reason)}${advice}`;
  });
}

function comparedLines(run: RunFile): readonly string[] {
  const { config, artifacts, environments, seed, id } = run;
  const shown = environments.filter(({ name }) => name !== config.twin);
  const { cpus, memoryMiB, serverCpus, generatorCpus, nodeArguments } = config.resources;
  const cores = (list: readonly number[] | null) => (list === null ? 'not pinned' : `CPU ${list.join(', ')}`);
  return [
    `- Run ${codeSpan(id)}, seed ${seed}, ${counted(run.plan.rounds, 'round')} in random order, from ${dateText(run.startedAt)} to ${dateText(run.finishedAt)}`,
    `- Environments: ${shown.map(({ name }) => escapeMarkdown(name)).join(', ')}; baseline ${escapeMarkdown(config.baseline)}`,
    `- Load: ${loadText(run)}`,
    ...config.workloads.map(({ name, requestPath, healthPath, parameters }) => {
      const values = Object.entries(parameters).map(([key, value]) => `${escapeMarkdown(key)} = ${value}`);
      const used = values.length === 0 ? '' : `, ${values.join(', ')}`;
      return `- Workload ${escapeMarkdown(name)}: requests ${codeSpan(requestPath)}, ready when ${codeSpan(healthPath)} answers 200${used}`;
    }),
    ...Object.entries(artifacts).map(
      ([name, { sha256, bytes }]) =>
        `- Artifact ${escapeMarkdown(name)}: ${bytes} bytes, sha256 \`${sha256}\``,
    ),
    `- Resources of an instance: ${cpus} CPU, ${memoryMiB} MiB; server ${cores(serverCpus)}, load generator ${cores(generatorCpus)}`,
    ...(nodeArguments.length === 0 ? [] : [`- Arguments of Node: ${codeSpan(nodeArguments.join(' '))}`]),
  ];
}

function factSections(run: RunFile): readonly string[] {
  const rows = run.environments.flatMap(({ name, facts }) =>
    Object.entries(facts).map(([fact, value]) =>
      tableLine([name, fact, String(value)].map((text) => escapeMarkdown(text))),
    ),
  );
  if (rows.length === 0) return [];
  return [
    '## Facts about the environments',
    [tableLine(['Environment', 'Fact', 'Value']), '| --- | --- | --- |', ...rows].join('\n'),
  ];
}

function diagnosticLines(run: RunFile): readonly string[] {
  return [
    ...run.diagnostics.map(
      ({ level, code, message }) => `- ${level} ${codeSpan(code)}: ${escapeMarkdown(message)}`,
    ),
    ...comparisonWarnings(run).map((warning) => `- warning: ${escapeMarkdown(warning)}`),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${oneLine(title)}`, lines.join('\n')];
}
