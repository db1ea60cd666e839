import { tableLine } from '../markdown-table.ts';
import { counted, dateText } from '../run-notes.ts';
import { codeSpan, escapeMarkdown } from '../safe-text.ts';
import { shareText } from '../words/difference.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { GateResult } from '@tare/results';
import { changeText, commitWords, decisionText, outcomeText, placeText, skippedLines } from './gate-words.ts';

/** A gate in Markdown, for a file and for the page of a job. The same result gives the same text. */
export function gateMarkdown(report: GateResult): string {
  const sections = [
    '## Gate',
    `**${escapeMarkdown(outcomeText(report))}**`,
    tableOf(report),
    skippedLines(report)
      .map((line) => `- ${escapeMarkdown(line)}`)
      .join('\n'),
    report.warnings.map((warning) => `- **Warning:** ${escapeMarkdown(warning)}`).join('\n'),
    notes(report).join('\n'),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function tableOf({ comparisons }: GateResult): string {
  if (comparisons.length === 0) return '';
  return [
    tableLine(['Workload', 'Metric', 'Head against base', 'Decision']),
    tableLine(['---', '---', '---:', '---']),
    ...comparisons.map((each) => {
      const decision = escapeMarkdown(decisionText(each));
      return tableLine([
        escapeMarkdown(placeText(each)),
        metricNoun(each.metric),
        escapeMarkdown(changeText(each)),
        each.decision === 'regression' ? `**${decision}**` : decision,
      ]);
    }),
  ].join('\n');
}

function notes({ base, head, run, threshold, startedAt }: GateResult): readonly string[] {
  return [
    ...(base === null ? [] : [`- Base: ${escapeMarkdown(commitWords(base))}`]),
    ...(head === null ? [] : [`- Head: ${escapeMarkdown(commitWords(head))}`]),
    ...(run === null
      ? []
      : [
          `- Run ${codeSpan(run.id)} of ${dateText(startedAt)}, seed ${run.seed}, ${counted(run.rounds, 'round')}, both sides in every round in random order`,
          `- A metric fails when it is worse for certain, by more than the margin; it passes when its 95 % interval stays below ${shareText(threshold)}`,
        ]),
  ];
}
