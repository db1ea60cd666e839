import type { Comparison } from '@tare/results';
import { oneLine } from '../safe-text.ts';
import { counted } from '../run-notes.ts';
import { differenceOf, rangeWords, shareText } from './difference.ts';
import { metricNoun } from './metric-noun.ts';

/**
 * One comparison in words: "docker: throughput 3.1 % ± 0.8 % lower than native: worse", "docker: startup 3.28 times that of
 * native [2.93, 3.68]: worse", "docker: gross memory the same as native within 5 %". Plain text on one line, to be escaped
 * by whoever shows it.
 */
export function verdictWords(comparison: Comparison): string {
  const [candidate, baseline] = [oneLine(comparison.candidate), oneLine(comparison.baseline)];
  return `${candidate}: ${metricNoun(comparison.metric)} ${finding(comparison, baseline)}`;
}

/** What would decide an undecided comparison: "12 rounds more would tell". */
export function roundsMoreWords(
  undecided: readonly Pick<Comparison, 'roundsMore' | 'logRatioStdev'>[],
): string {
  const counts = undecided.flatMap(({ roundsMore }) => roundsMore ?? []);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) {
    return undecided.every(({ logRatioStdev }) => logRatioStdev === null)
      ? 'a single round tells nothing'
      : 'no number of rounds in reach would tell';
  }
  const range = fewest === most ? counted(most, 'round') : `${fewest} to ${most} rounds`;
  const outOfReach = undecided.length - counts.length;
  const rest = outOfReach === 0 ? '' : `, for ${outOfReach} of them no number in reach`;
  return `${range} more would tell${rest}`;
}

function finding(comparison: Comparison, baseline: string): string {
  const { verdict, margin } = comparison;
  if (verdict === 'same') return `the same as ${baseline} within ${shareText(margin)}`;
  if (verdict === 'undecided') {
    const range = rangeWords(comparison, baseline) ?? apart(comparison, baseline);
    return `${range}: undecided: ${roundsMoreWords([comparison])}`;
  }
  return `${apart(comparison, baseline)}: ${verdict ?? 'not judged'}`;
}

function apart(comparison: Comparison, baseline: string): string {
  const difference = differenceOf(comparison);
  if (difference === null) return `without a ratio to ${baseline}`;
  return difference.kind === 'times'
    ? `${difference.factor} that of ${baseline}${difference.interval}`
    : `${difference.amount} ${difference.side} than ${baseline}`;
}
