import { oneLine } from '../safe-text.ts';
import { counted } from '../run-notes.ts';
import { shareText } from '../words/difference.ts';
import { metricNoun } from '../words/metric-noun.ts';
import type { GateResult, GateCommit, GateComparison } from '@tare/results';

const shortHash = 7;
const shortSha256 = 12;
const minus = '−';

/** "−9.8 % [−11.2, −8.3]": how far head is from base; "no figure" without a ratio. */
export function changeText({ ratio, ci95 }: Pick<GateComparison, 'ratio' | 'ci95'>): string {
  if (ratio === null) return 'no figure';
  const interval = ci95 === null ? '' : ` [${ci95.map((bound) => signedPercent(bound)).join(', ')}]`;
  return `${signedPercent(ratio)} %${interval}`;
}

/** "regression", "undecided: 14 rounds more would tell", "not judged: emulated". */
export function decisionText({ decision, roundsMore, note }: GateComparison): string {
  if (decision === null) return oneLine(note ?? 'not judged');
  if (decision !== 'undecided') return decision;
  return roundsMore === null
    ? 'undecided: no number of rounds in reach would tell'
    : `undecided: ${counted(roundsMore, 'round')} more would tell`;
}

/** "primes in native". */
export function placeText({
  workload,
  environment,
}: Pick<GateComparison, 'workload' | 'environment'>): string {
  return `${oneLine(workload)} in ${oneLine(environment)}`;
}

/** The outcome in one sentence, without the reasons. */
export function outcomeText(report: GateResult): string {
  const { decision, threshold, problem, comparisons, workloads } = report;
  const named = (wanted: GateComparison['decision']): string =>
    comparisons
      .filter((each) => each.decision === wanted)
      .map((each) => `${metricNoun(each.metric)} of ${placeText(each)}`)
      .join(', ');
  switch (decision) {
    case 'regression':
      return `Regression: ${named('regression')}.`;
    case 'undecided':
      return `Undecided: ${named('undecided')} may be worse by ${shareText(threshold)} or more.`;
    case 'invalid':
      return `Not measured: ${oneLine(problem ?? 'nothing to decide from')}.`.replace(/\.+$/, '.');
    case 'pass':
      return workloads.some(({ status }) => status === 'measured')
        ? `Pass: nothing is worse by ${shareText(threshold)} or more.`
        : 'Pass: both sides run the same bytes.';
  }
}

/** What was not measured, and why: a line each. */
export function skippedLines({ workloads, environments }: GateResult): readonly string[] {
  return [
    ...workloads.flatMap((each) => {
      if (each.status === 'measured') return [];
      const why =
        each.status === 'same-bytes'
          ? `same bytes on both sides (sha256 ${each.sha256.slice(0, shortSha256)}): pass without measuring`
          : each.reason;
      return [`${oneLine(each.workload)}: ${oneLine(why)}`];
    }),
    ...environments.flatMap((each) =>
      'reason' in each ? [`${oneLine(each.environment)}: ${oneLine(each.reason)}`] : [],
    ),
  ];
}

/** 'HEAD (1a2b3c4 "Add a cache")'. */
export function commitWords({ ref, commit, subject, modified }: GateCommit): string {
  const changed = modified ? ', with changes that are not committed' : '';
  return `${oneLine(ref)} (${commit.slice(0, shortHash)} "${oneLine(subject)}"${changed})`;
}

function signedPercent(ratio: number): string {
  const text = Math.abs((ratio - 1) * 100).toFixed(1);
  if (Number(text) === 0) return text;
  return `${ratio < 1 ? minus : '+'}${text}`;
}
