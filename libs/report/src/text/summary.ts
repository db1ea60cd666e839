import { asDecided } from '@tare/results';
import { chartFiles } from '../charts/run-charts.ts';
import { verdictText } from '../model/conclusion.ts';
import { isolationCells, isolationHead, ladderLead, missingWords } from '../model/ladder.ts';
import type { Fact } from '../model/record.ts';
import type { ReportModel } from '../model/report-model.ts';
import { ratioText } from '../model/words.ts';
import {
  conclusionMarkdown,
  diagnosticLines,
  escapeMarkdown,
  ladderPicture,
  ladderTable,
  markdownDocument,
  markdownList,
  markdownPictures,
  markdownSection,
  metricTable,
  missingMarkdown,
  partialLine,
  textTable,
  wordsMarkdown,
} from './markdown.ts';

/**
 * The run as a Markdown document: the conclusion, the tables, how far the run can be trusted, what could not be measured and
 * why, what was compared, facts of the environments, diagnostics in full, and the command that repeats it. The same model
 * gives the same text.
 */
export function renderSummary(report: ReportModel): string {
  const { workloads, baseline } = report;
  const facts = textTable(['Environment', 'Fact', 'Value'], ['left', 'left', 'left'], report.facts);
  return markdownDocument([
    `# ${titleOf(report)}`,
    ...partialLine(report),
    ...(workloads.length === 0 ? ['No trial was measured.'] : ['## Conclusion', ...conclusions(report)]),
    ...ladderSections(report),
    ...workloads.flatMap((workload) => [
      `## ${escapeMarkdown(workload.name)}`,
      `Mean ± standard deviation over trials; below it the ratio to ${escapeMarkdown(baseline)} with the interval that was judged, else of 95 %, and the verdict. ` +
        'Metrics that repeat another get no verdict; nor do emulated environments, nor failed ones.',
      metricTable(workload),
      escapeMarkdown(workload.latency.text),
      markdownPictures(
        chartFiles(report).filter(
          ({ workload: of, belongsTo }) => of === workload.name && belongsTo === 'metrics',
        ),
        'charts',
      ),
    ]),
    ...markdownSection('How far this can be trusted', caveatList(report)),
    ...controlSections(report),
    ...markdownSection('Not measured, or only in part', missingMarkdown(report.missing)),
    ...markdownSection('What was compared', factList([...report.settings, ...report.equal])),
    ...markdownSection('Host', factList(report.hostFacts)),
    ...(report.facts.length === 0 ? [] : markdownSection('Facts about the environments', facts)),
    ...markdownSection(
      'Diagnostics',
      markdownList([
        ...diagnosticLines(report.diagnostics),
        ...report.warnings.all.map((warning) => `warning: ${escapeMarkdown(warning)}`),
      ]),
    ),
    `## How to repeat this run\n\n\`\`\`sh\n${report.repeatCommand}\n\`\`\``,
  ]);
}

/** The conclusion and the tables alone, for the page of a CI job: nothing that is a file beside. The same model gives the same text. */
export function renderStepSummary(report: ReportModel): string {
  const { workloads } = report;
  return markdownDocument([
    `## ${titleOf(report)}`,
    ...partialLine(report),
    ...(workloads.length === 0 ? ['No trial was measured.'] : conclusions(report)),
    ...workloads.flatMap((workload) => [
      `### ${escapeMarkdown(workload.name)}`,
      metricTable(workload),
      escapeMarkdown(workload.latency.text),
    ]),
    caveatList(report),
    missingMarkdown(report.missing),
  ]);
}

/** Per workload the picture and the figures of the ladder, then what isolates its rungs, and what is not on it. */
function ladderSections(report: ReportModel): readonly string[] {
  const { ladder } = report;
  if (ladder === undefined) return [];
  return [
    '## The ladder of isolation',
    ...ladder.workloads.flatMap((workload) => [
      `### ${escapeMarkdown(workload.workload)}`,
      escapeMarkdown(ladderLead(workload)),
      ladderPicture(report, workload, 'charts'),
      ladderTable(workload),
    ]),
    textTable(
      ['Environment', ...isolationHead],
      isolationHead.map(() => 'left' as const).concat('left'),
      ladder.rungs.map(({ title, isolation }) => [title, ...isolationCells(isolation)]),
    ),
    markdownList(ladder.missing.map((each) => escapeMarkdown(missingWords(each)))),
  ];
}

function factList(facts: readonly Fact[]): string {
  return markdownList(facts.map(([name, words]) => `${escapeMarkdown(name)}: ${wordsMarkdown(words)}`));
}

function titleOf({ started, host }: ReportModel): string {
  return `Comparison of ${started} on ${escapeMarkdown(host.cpuModel)}`;
}

function conclusions({ workloads }: ReportModel): readonly string[] {
  return workloads.flatMap((workload) => [
    ...(workloads.length === 1 ? [] : [`**${escapeMarkdown(workload.name)}**`]),
    conclusionMarkdown(workload),
  ]);
}

function caveatList({ caveats }: ReportModel): string {
  return markdownList(
    caveats.map(({ level, text }) => `${level === 'warning' ? '**Warning:** ' : ''}${escapeMarkdown(text)}`),
  );
}

/** The ratios and verdicts of the A/A control: a row per metric, a column per workload. */
function controlSections({ baseline, controlComparisons, workloads }: ReportModel): readonly string[] {
  const shown = workloads.filter(({ name }) => controlComparisons.some(({ workload }) => workload === name));
  const titles = new Map(
    workloads.flatMap(({ rows }) => rows.map(({ metric, title }) => [metric.key, title])),
  );
  const rows = [...titles].flatMap(([key, title]) => {
    const found = shown.map(({ name }) =>
      controlComparisons.find(({ workload, metric }) => workload === name && metric === key),
    );
    if (found.every((each) => each === undefined)) return [];
    const cells = found.map((each) =>
      each === undefined ? '–' : `${ratioText(asDecided(each))} ${verdictText(each)}`,
    );
    return [[title, ...cells]];
  });
  if (rows.length === 0) return [];
  return [
    `## The A/A control of ${escapeMarkdown(baseline)}`,
    'A second copy of the baseline takes part in every round: a difference here is a false one.',
    textTable(
      ['Metric', ...shown.map(({ name }) => escapeMarkdown(name))],
      ['left', ...shown.map(() => 'right' as const)],
      rows,
    ),
  ];
}
