import { metricCatalogue } from '@tare/results';
import type { RunFile } from '@tare/results';
import { chartPictures } from './chart-pictures.ts';
import { markdownTable, tableLine } from './markdown-table.ts';
import { metricTables } from './metric-table.ts';
import { repeatCommand } from './repeat-command.ts';
import { comparisonWarnings, counted, dateText, loadText, missingEnvironments } from './run-notes.ts';
import { codeSpan, escapeMarkdown, oneLine } from './safe-text.ts';

/**
 * The run as a Markdown document: host, tables, what could not be measured and why, what was compared, facts of the
 * environments, diagnostics, and the command that repeats it. The same run gives the same text.
 */
export function renderSummaryMarkdown(run: RunFile): string {
  const sections = [
    `# Comparison of ${dateText(run.startedAt)} on ${escapeMarkdown(run.host.cpuModel)}`,
    hostText(run),
    ...resultSections(run),
    ...section('Not measured', missingLines(run)),
    ...section('What was compared', comparedLines(run)),
    ...factSections(run),
    ...section('Diagnostics', diagnosticLines(run)),
    `## How to repeat this run\n\n\`\`\`sh\n${repeatCommand(run)}\n\`\`\``,
  ];
  return `${sections.join('\n\n')}\n`;
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

function resultSections(run: RunFile): readonly string[] {
  const tables = metricTables(
    run,
    metricCatalogue.map(({ key }) => key),
  );
  if (tables.length === 0) return ['No trial was measured.'];
  return tables.flatMap((table) => [
    `## ${escapeMarkdown(table.workload)}`,
    `Mean ± standard deviation over trials; below it the ratio to ${escapeMarkdown(table.baseline)} with its 95 % interval and the verdict.`,
    markdownTable(table),
    chartPictures(run, table.workload, 'charts'),
    ...(table.columns.some(({ emulated }) => emulated)
      ? [
          'An emulated environment runs without hardware acceleration: its figures weigh the emulator, so it gets no verdict.',
        ]
      : []),
  ]);
}

function missingLines(run: RunFile): readonly string[] {
  return missingEnvironments(run).map(({ name, status, reason, remedy }) => {
    const advice = remedy === undefined ? '' : `<br>Remedy: ${escapeMarkdown(remedy)}`;
    return `- **${escapeMarkdown(name)}** (${status}): ${escapeMarkdown(reason)}${advice}`;
  });
}

function comparedLines(run: RunFile): readonly string[] {
  const { config, artifacts, environments, seed, id } = run;
  const { cpus, memoryMiB, serverCpus, generatorCpus, nodeArguments } = config.resources;
  const cores = (list: readonly number[] | null) => (list === null ? 'not pinned' : `CPU ${list.join(', ')}`);
  return [
    `- Run ${codeSpan(id)}, seed ${seed}, ${counted(config.rounds, 'round')} in random order, from ${dateText(run.startedAt)} to ${dateText(run.finishedAt)}`,
    `- Environments: ${environments.map(({ name }) => escapeMarkdown(name)).join(', ')}; baseline ${escapeMarkdown(config.baseline)}`,
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
