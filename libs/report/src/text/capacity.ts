import { join } from 'node:path';
import type { CapacityFile } from '@tare/results';
import { capacityChart, capacityModel } from '../charts/capacity.ts';
import type { CapacityModel, WorkloadCapacity } from '../charts/capacity.ts';
import { dateText, fileNamePart } from '../model/words.ts';
import { pictureOf, type Picture } from '../plot/chart.ts';
import { writeFolder } from '../write-report.ts';
import {
  codeSpan,
  diagnosticLines,
  escapeMarkdown,
  markdownDocument,
  markdownList,
  markdownPictures,
  markdownSection,
  missingMarkdown,
  textTable,
} from './markdown.ts';
import { screenOf, terminalPage, type Terminal } from './terminal-layout.ts';

// not among the charts of a run: its report removes those that it does not know
const chartsPath = 'capacity';
const heads = ['Environment', 'Highest rate', 'First miss', 'p50 / p99 there', 'Passes'];
const aligns = ['left', 'left', 'right', 'right', 'left'] as const;

/**
 * Capacities as text for a terminal: per workload a table of environments, then how they were found, what could not be
 * measured, and the warnings.
 * @returns lines ending in a line feed; the same file and terminal give the same text.
 */
export function renderCapacityTerminal(given: CapacityFile, terminal: Terminal): string {
  const { paint, wrap, marked, section, missing: missingLines, table } = screenOf(terminal);
  const { file, workloads, notes, missing } = capacityModel(given);
  const tables = workloads.flatMap((workload) => {
    const rows = rowsOf(workload);
    if (rows.length === 0) return [];
    const head = heads.map((each) => paint('dim', each));
    return [`${paint('bold', workload.workload)}  ${workload.requestPath}\n\n${table([head, ...rows], aligns)}`];
  });
  return terminalPage([
    `${paint('bold', `Capacity for ${file.config.slo.text}`)}, run ${file.id}, ${dateText(file.startedAt)}, seed ${file.seed}`,
    ...(tables.length === 0 ? ['No capacity was found.'] : tables),
    ...section('How it was found', notes.map((note) => wrap(note))),
    ...section('Not measured', missingLines(missing)),
    ...section('Diagnostics', file.diagnostics.map(({ level, message }) => marked(level, message))),
  ]);
} // prettier-ignore

/**
 * Writes `capacity.md` and `capacity/*.svg` into a folder, which is made if need be; all of them or none.
 * @returns paths of the files, as the folder was given.
 * @throws Error in one line when the folder cannot be written.
 */
export async function writeCapacityReport(folder: string, file: CapacityFile): Promise<readonly string[]> {
  const model = capacityModel(file);
  return writeFolder(folder, 'report', [
    { path: 'capacity.md', text: renderCapacityMarkdown(model) },
    ...capacityPictures(model).map(({ fileName, svg }) => ({ path: join(chartsPath, fileName), text: svg })),
  ]);
}

/** For each workload a picture of latency against offered load. The same model gives the same bytes. */
export function capacityPictures(model: CapacityModel): readonly (Picture & { readonly workload: string })[] {
  const { file, workloads } = model;
  const colours = new Map(file.environments.map(({ name }, place) => [name, place]));
  const names = new Set<string>();
  return workloads.flatMap((capacity) => {
    const chart = capacityChart(capacity, (name) => colours.get(name) ?? 0);
    if (chart === undefined) return [];
    const { workload, limitText, passesText } = capacity;
    const title = `${workload}: latency against offered load`;
    const notes = [
      `filled: meets ${limitText}; hollow: misses it; cross: the generator was the limit; ${passesText}`,
    ];
    const fileName = `${fileNamePart(workload, names)}.svg`;
    return [{ fileName, workload, title, svg: pictureOf(chart, { title, notes }) }];
  });
}

/**
 * Capacities as a Markdown document: per workload a table and the chart, then how they were found, what could not be
 * measured, and the warnings.
 */
export function renderCapacityMarkdown(model: CapacityModel): string {
  const { file, workloads, notes, missing } = model;
  const pictures = capacityPictures(model);
  return markdownDocument([
    `# Capacity for ${escapeMarkdown(file.config.slo.text)}, ${dateText(file.startedAt)}, on ${escapeMarkdown(file.host.cpuModel)}`,
    ...(workloads.length === 0 ? ['No capacity was found.'] : []),
    ...workloads.flatMap((workload) => {
      const rows = rowsOf(workload);
      return [
        `## ${escapeMarkdown(workload.workload)}`,
        `Request: ${codeSpan(workload.requestPath)}`,
        rows.length === 0 ? '' : textTable(heads, aligns, rows),
        markdownPictures(pictures.filter((picture) => picture.workload === workload.workload), chartsPath),
      ];
    }),
    ...markdownSection('How it was found', markdownList([...notes, `Run ${file.id}, seed ${file.seed}.`].map(escapeMarkdown))),
    ...markdownSection('Not measured', missingMarkdown(missing)),
    ...markdownSection('Diagnostics', markdownList(diagnosticLines(file.diagnostics))),
  ]);
} // prettier-ignore

/** The environments in which a capacity was looked for. */
function rowsOf({ environments }: WorkloadCapacity): readonly (readonly string[])[] {
  return environments.flatMap(({ title, capacity, firstMiss, latency, passes }) =>
    capacity === undefined ? [] : [[title, capacity, firstMiss || '–', latency || '–', passes]],
  );
}
