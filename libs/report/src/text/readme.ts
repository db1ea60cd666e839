import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { replaceFiles } from '@tare/results';
import { ladderLead, type WorkloadLadder } from '../model/ladder.ts';
import type { ReportModel } from '../model/report-model.ts';
import { shownAs } from '../model/shown-metrics.ts';
import { counted, messageOf } from '../model/words.ts';
import type { WorkloadModel } from '../model/workload-model.ts';
import {
  conclusionMarkdown,
  escapeMarkdown,
  ladderPicture,
  ladderTable,
  markdownList,
  metricTable,
  partialLine,
} from './markdown.ts';

const startMarker = '<!-- tare:results -->';
const endMarker = '<!-- /tare:results -->';

/**
 * Puts the results of a run between the markers of a README. A README that was not named is left alone unless it has
 * the markers; one that was named gets them at its end.
 * @param option a path from the root, true for README.md, false for none, undefined for the default.
 * @returns absolute path of the README; undefined when none was to be changed.
 * @throws Error in one line when the named file is missing or cannot be written, or its markers do not pair.
 */
export async function updateReadme(
  root: string,
  option: string | boolean | undefined,
  report: ReportModel,
  chartFolder: string,
): Promise<string | undefined> {
  if (option === false) return undefined;
  const isNamed = option !== undefined;
  const shown = typeof option === 'string' ? option : 'README.md';
  const path = resolve(root, shown);
  if (!existsSync(path)) {
    if (!isNamed) return undefined;
    throw new Error(`--readme=${shown}: expected an existing Markdown file, from the workspace root`);
  }
  const readme = await readFile(path).catch((cause: unknown) => {
    throw new Error(`--readme=${shown}: cannot be read (${messageOf(cause)}), expected a Markdown file`, {
      cause,
    });
  });
  // a place for the results, whole or broken
  const hasMarker = readme.includes(startMarker) || readme.includes(endMarker);
  if (!isNamed && !hasMarker) return undefined;
  const chartsPath = relative(dirname(path), chartFolder).split(sep).join('/');
  const text = replaceReadmeBlock(readme, renderReadmeBlock(report, { chartsPath }));
  if (text.equals(readme)) return path;
  await replaceFiles([{ path, text }]).catch((cause: unknown) => {
    throw new Error(`Cannot write ${shown}: ${messageOf(cause)}. It was left as it is.`, { cause });
  });
  return path;
}

/**
 * The run in short, as a part of a README: per workload the conclusion and a table of a few rows, then a link to the rest;
 * without the markers around it.
 * @param chartsPath folder of the charts as seen from the README, with "/": "reports/latest/charts".
 */
export function renderReadmeBlock(
  report: ReportModel,
  { chartsPath }: { readonly chartsPath: string },
): string {
  const { started, host, rounds, load, seed, workloads } = report;
  const missing = report.missing.map(
    ({ name, reason }) => `${escapeMarkdown(name)} (${escapeMarkdown(reason)})`,
  );
  const summary = posix.join(posix.dirname(chartsPath), 'summary.md');
  const hasTables = workloads.some((each) => ladderInstead(report, each) === undefined);
  const parts = [
    ...partialLine(report),
    `Measured ${started} on ${escapeMarkdown(host.cpuModel)}, ${counted(host.cores, 'core')}: ` +
      `${counted(rounds, 'round')}, ${escapeMarkdown(load)}, seed ${seed}.` +
      (hasTables
        ? ' Mean ± standard deviation over trials; below it the ratio to the baseline with the interval that was judged, else of 95 %, and the verdict.'
        : ''),
    ...workloads.flatMap((workload) => [
      `**${escapeMarkdown(workload.name)}**`,
      ...resultsOf(report, workload, chartsPath),
    ]),
    `All figures and charts: [${summary}](${summary}).`,
    ...(missing.length === 0 ? [] : [`Not measured, or only in part: ${missing.join('; ')}.`]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** A table with a column per environment gets too wide for a README from here on. */
const fewestRungsInReadme = 4;

/** The ladder of a workload where it takes the place of the table of metrics: it has the rungs, and all environments are on it. */
function ladderInstead(
  { ladder }: ReportModel,
  { key, subjects }: WorkloadModel,
): WorkloadLadder | undefined {
  const found = ladder?.workloads.find((each) => each.key === key);
  const isWhole = found?.rungs.length === subjects.length && subjects.length >= fewestRungsInReadme;
  return isWhole ? found : undefined;
}

/** What is concluded of a workload, and its figures: a row per rung of the ladder, or a column per environment. */
function resultsOf(report: ReportModel, workload: WorkloadModel, chartsPath: string): readonly string[] {
  const ladder = ladderInstead(report, workload);
  if (ladder === undefined) {
    const rows = workload.rows.filter(({ metric }) => shownAs(metric.key).readme === true);
    return [conclusionMarkdown(workload), metricTable({ ...workload, rows })];
  }
  const { conclusion } = workload;
  // a point for each environment, and one for how to read them all
  const points = conclusion.filter(({ isNote }) => !isNote).map(({ brief }) => brief);
  const notes = conclusion.filter(({ isNote }) => isNote).map(({ brief }) => brief);
  return [
    markdownList([...points, ...(notes.length === 0 ? [] : [notes.join(' ')])].map(escapeMarkdown)),
    ladderPicture(report, ladder, chartsPath),
    `${escapeMarkdown(ladderLead(ladder))} Mean with its 95 % interval; below it the ratio and the verdict.`,
    ladderTable(ladder),
  ];
}

/**
 * A README with the block, as UTF-8, between its markers; without markers the block is appended with them. Takes the line ends
 * that are there, and leaves all other bytes as they are, whatever their encoding.
 * @throws Error in one line when the markers are not exactly one start and, after it, one end; or when the README is UTF-16.
 */
export function replaceReadmeBlock(readme: Buffer, block: string): Buffer {
  // read as latin1, a character is a byte: a place in the text is one in the file
  const text = readme.toString('latin1');
  if (/^(?:\xFF\xFE|\xFE\xFF)/.test(text)) {
    throw new Error('The README is UTF-16; expected UTF-8. It was left as it is.');
  }
  const start = text.indexOf(startMarker);
  const end = text.indexOf(endMarker);
  const lineEnd = /\r?\n/.exec(text.slice(Math.max(start, 0)))?.[0] ?? /\r?\n/.exec(text)?.[0] ?? '\n';
  const marked = Buffer.from(
    [startMarker, '', block.trim(), '', endMarker].join('\n').replaceAll('\n', lineEnd),
  );
  if (start === -1 && end === -1) {
    // blanks of ASCII only: other bytes may be a part of a letter
    const before = readme.subarray(0, text.replace(/[ \t\r\n]+$/, '').length);
    const gap = before.length === 0 ? '' : lineEnd + lineEnd;
    return Buffer.concat([before, Buffer.from(gap), marked, Buffer.from(lineEnd)]);
  }
  const starts = text.split(startMarker).length - 1;
  const ends = text.split(endMarker).length - 1;
  if (starts !== 1 || ends !== 1 || end < start) {
    throw new Error(
      `The README has ${starts} × "${startMarker}" and ${ends} × "${endMarker}"; ` +
        'expected one of each, in this order. It was left as it is.',
    );
  }
  return Buffer.concat([readme.subarray(0, start), marked, readme.subarray(end + endMarker.length)]);
}
