import { oneLine } from '../safe-text.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { GateResult } from '@tare/results';
import { changeText, decisionText, outcomeText, placeText, skippedLines } from './gate-words.ts';

/**
 * A gate as plain text: one line per metric ("primes in native  throughput  −9.8 % [−11.2, −8.3]  regression"), what was not
 * measured, warnings, and the outcome last. Percentages are of head against base, with the 95 % interval.
 */
export function gateText(report: GateResult): string {
  const rows = report.comparisons.map((each) => [
    placeText(each),
    metricNoun(each.metric),
    changeText(each),
    decisionText(each),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
    ...skippedLines(report),
    ...report.warnings.map((warning) => `warning: ${oneLine(warning)}`),
    outcomeText(report),
    '',
  ].join('\n');
}
