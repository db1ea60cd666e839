import type { Diagnostic } from '@tare/results';
import { chartFiles } from '../charts/run-charts.ts';
import { ladderColumns, type WorkloadLadder } from '../model/ladder.ts';
import type { Words } from '../model/record.ts';
import type { ReportModel } from '../model/report-model.ts';
import type { MissingEnvironment } from '../model/subjects.ts';
import type { MetricCell, WorkloadModel } from '../model/workload-model.ts';

/** Plain text as Markdown that shows exactly that text, also inside a table cell. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>#|~$!]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/^([-+=]|\d+[.)])(?= |$)/, (start) => `${start.slice(0, -1)}\\${start.slice(-1)}`);
}

/** Plain text as a Markdown code span that no backtick in it can end early; not for table cells when it holds "|". */
export function codeSpan(text: string): string {
  if (text === '') return '';
  const longestRun = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  const padding = longestRun > 0 ? ' ' : '';
  return `${fence}${padding}${text}${padding}${fence}`;
}

/** Words with their code in spans. */
export function wordsMarkdown(words: Words): string {
  return words
    .map((part) => (typeof part === 'string' ? escapeMarkdown(part) : codeSpan(part.code)))
    .join('');
}

/** Lines as a list; empty without any. @param lines Markdown. */
export function markdownList(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Per column. */
type Aligns = readonly ('left' | 'right')[];
type Rows = readonly (readonly string[])[];

/** A table of Markdown. */
export function markdownTable(head: readonly string[], aligns: Aligns, rows: Rows): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = aligns.map((align) => (align === 'left' ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}

/** A table of plain text, under a head of Markdown. */
export function textTable(head: readonly string[], aligns: Aligns, rows: Rows): string {
  return markdownTable(
    head,
    aligns,
    rows.map((row) => row.map(escapeMarkdown)),
  );
}

/** Sections, empty ones left out, as a document. */
export function markdownDocument(sections: readonly string[]): string {
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** A section with its heading; nothing without content. */
export function markdownSection(title: string, content: string): readonly string[] {
  return content === '' ? [] : [`## ${title}`, content];
}

/** What a run noticed, a line each. */
export function diagnosticLines(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(
    ({ level, code, message }) => `${level} ${codeSpan(code)}: ${escapeMarkdown(message)}`,
  );
}

/** The figures of a workload: a row per metric; a cell holds mean ± sd, and below it the ratio and the verdict. */
export function metricTable({ subjects, rows }: Pick<WorkloadModel, 'subjects' | 'rows'>): string {
  const heads = subjects.map(
    ({ title, isBaseline }) => escapeMarkdown(title) + (isBaseline ? '<br>(baseline)' : ''),
  );
  return markdownTable(
    ['Metric', 'Better', ...heads],
    ['left', 'left', ...subjects.map(() => 'right' as const)],
    rows.map(({ metric, title, cells }) => [
      escapeMarkdown(title),
      metric.direction,
      ...cells.map(cellMarkdown),
    ]),
  );
}

function cellMarkdown({ mean, ratio, verdictText }: MetricCell): string {
  if (mean === '') return '–';
  if (ratio === '') return verdictText === '' ? mean : `${mean}<br>${escapeMarkdown(verdictText)}`;
  return `${mean}<br>${escapeMarkdown(ratio)}${verdictText === '' ? '' : ` ${escapeMarkdown(verdictText)}`}`;
}

/** The figures of a ladder: a row per rung; a cell holds the figure with its interval, and below it the ratio and the verdict. */
export function ladderTable({ rungs }: WorkloadLadder): string {
  return markdownTable(
    ['Environment', ...ladderColumns.map(({ title }) => title)],
    ['left', ...ladderColumns.map(() => 'right' as const)],
    rungs.map((rung) => [
      escapeMarkdown(rung.subject.title) + (rung.subject.isBaseline ? ' (baseline)' : ''),
      ...ladderColumns.map(({ of }) =>
        [rung[of].fullText, rung[of].ratioWords].filter(Boolean).map(escapeMarkdown).join('<br>'),
      ),
    ]),
  );
}

/** The picture of a ladder. @param folder of the pictures, as seen from the document. */
export function ladderPicture(
  report: Pick<ReportModel, 'workloads' | 'ladder'>,
  { workload }: WorkloadLadder,
  folder: string,
): string {
  const files = chartFiles(report).filter(
    (file) => file.belongsTo === 'ladder' && file.workload === workload,
  );
  return markdownPictures(files, folder);
}

/** What a run concludes of a workload, as a list. */
export function conclusionMarkdown({ conclusion }: Pick<WorkloadModel, 'conclusion'>): string {
  return markdownList(conclusion.map(({ text }) => escapeMarkdown(text)));
}

/** What could not be measured, as a list: why, and what to do. */
export function missingMarkdown(missing: readonly MissingEnvironment[]): string {
  return markdownList(
    missing.map(({ name, statusText, reason, remedy }) => {
      const advice = remedy === undefined ? '' : `<br>Remedy: ${escapeMarkdown(remedy)}`;
      return `**${escapeMarkdown(name)}** (${statusText}): ${escapeMarkdown(reason)}${advice}`;
    }),
  );
}

/** Pictures, one per line. @param folder as seen from the document, with "/"; "" for the document's own. */
export function markdownPictures(
  pictures: readonly { readonly fileName: string; readonly title: string }[],
  folder: string,
): string {
  return pictures
    .map(({ fileName, title }) => {
      const path = encodeURI(folder === '' ? fileName : `${folder}/${fileName}`);
      const target = path.replace(/[()#?]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
      return `![${escapeMarkdown(title)}](${target})`;
    })
    .join('\n');
}

/** Says of a run that is not whole why it is not. */
export function partialLine({ partial }: Pick<ReportModel, 'partial'>): readonly string[] {
  return partial === undefined ? [] : [`> **${escapeMarkdown(partial)}**`];
}
