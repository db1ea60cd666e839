import { posix } from 'node:path';
import { counted } from '../model/plain-text.ts';
import type { ReportModel } from '../model/report-model.ts';
import { shownAs } from '../model/shown-metrics.ts';
import { conclusionMarkdown, escapeMarkdown, metricTable } from './markdown.ts';

const startMarker = '<!-- tare:results -->';
const endMarker = '<!-- /tare:results -->';

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
  const parts = [
    `Measured ${started} on ${escapeMarkdown(host.cpuModel)}, ${counted(host.cores, 'core')}: ` +
      `${counted(rounds, 'round')}, ${escapeMarkdown(load)}, seed ${seed}. ` +
      'Mean ± standard deviation over trials; below it the ratio to the baseline with its 95 % interval and the verdict.',
    ...workloads.flatMap((workload) => [
      `**${escapeMarkdown(workload.name)}**`,
      conclusionMarkdown(workload),
      metricTable({
        ...workload,
        rows: workload.rows.filter(({ metric }) => shownAs(metric.key).readme === true),
      }),
    ]),
    `All figures and charts: [${summary}](${summary}).`,
    ...(missing.length === 0 ? [] : [`Not measured, or only in part: ${missing.join('; ')}.`]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

// Below, a README is its bytes as latin1: nothing but the block is decoded, so nothing else can change.

/** Whether a README has a place for the results, whole or broken. */
export function hasReadmeMarker(readme: Buffer): boolean {
  return readme.includes(startMarker) || readme.includes(endMarker);
}

/**
 * A README with the block, as UTF-8, between its markers; without markers the block is appended with them. Takes the line ends
 * that are there, and leaves all other bytes as they are, whatever their encoding.
 * @throws Error in one line when the markers are not exactly one start and, after it, one end; or when the README is UTF-16.
 */
export function replaceReadmeBlock(readme: Buffer, block: string): Buffer {
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
    const before = text.replace(/[ \t\r\n]+$/, '');
    const gap = before === '' ? '' : lineEnd + lineEnd;
    return Buffer.concat([latin1(before + gap), marked, latin1(lineEnd)]);
  }
  const starts = text.split(startMarker).length - 1;
  const ends = text.split(endMarker).length - 1;
  if (starts !== 1 || ends !== 1 || end < start) {
    throw new Error(
      `The README has ${starts} × "${startMarker}" and ${ends} × "${endMarker}"; ` +
        'expected one of each, in this order. It was left as it is.',
    );
  }
  return Buffer.concat([latin1(text.slice(0, start)), marked, latin1(text.slice(end + endMarker.length))]);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
