import { metricCatalogue, type GateCommit, type GateComparison, type GateResult } from '@tare/results';
import { longestMoreMs, minutesText } from '../model/conclusion.ts';
import { boundsText, shareText } from '../model/differences.ts';
import { metricNoun } from '../model/shown-metrics.ts';
import { counted, dateText, withMarks, withPlainText } from '../model/words.ts';
import { junitXml, type JunitCase } from './interchange.ts';
import { codeSpan, escapeMarkdown, markdownDocument, markdownList, markdownTable } from './markdown.ts';
import { alignedRows, terminalPage } from './terminal-layout.ts';

const shortHash = 7;
const shortSha256 = 12;
const minus = '−';

/**
 * A gate as plain text: one line per metric ("primes in native  throughput  −9.8 % [−11.2, −8.3]  regression"), what was not
 * measured, warnings, and the outcome last. Percentages are of head against base, with the interval that was judged.
 */
export function gateText(result: GateResult): string {
  const gate = withPlainText(result);
  const lines = [
    ...alignedRows(
      gate.comparisons.map((each) => cellsOf(each, gate)),
      ['left', 'left', 'left', 'left'],
    ),
    ...skippedLines(gate),
    ...gate.warnings.map((warning) => `warning: ${warning}`),
    outcomeText(gate),
  ];
  return terminalPage([lines.join('\n')]);
}

/** A gate in Markdown, for a file and for the page of a CI job. The same result gives the same text. */
export function gateMarkdown(result: GateResult): string {
  const gate = withPlainText(result);
  const sections = [
    '## Gate',
    `**${escapeMarkdown(outcomeText(gate))}**`,
    tableOf(gate),
    markdownList(skippedLines(gate).map(escapeMarkdown)),
    markdownList(gate.warnings.map((warning) => `**Warning:** ${escapeMarkdown(warning)}`)),
    markdownList(notes(gate)),
  ];
  return markdownDocument(sections);
}

/**
 * A gate as JUnit XML: a test case per metric. A regression is a failure, what is open and what is not judged are skipped; a workload of
 * the same bytes is a test that passes; a gate without a decision is an error.
 */
export function gateJunit(result: GateResult): string {
  const gate = withPlainText(result);
  const { base, head, run } = gate;
  const cases: readonly JunitCase[] = [
    ...gate.comparisons.map((each): JunitCase => ({
      className: placeText(each),
      name: metricNoun(each.metric),
      outcome: each.decision === 'regression' ? 'failure' : each.decision === 'pass' ? 'passed' : 'skipped',
      message: `${changeText(each)}: ${decisionText(each, gate)}`,
    })),
    ...gate.workloads.flatMap(({ workload, status }): readonly JunitCase[] =>
      status === 'same-bytes'
        ? [{ className: workload, name: 'same bytes on both sides', outcome: 'passed', message: '' }]
        : [],
    ),
    ...(gate.decision === 'invalid'
      ? [{ className: 'gate', name: 'measurement', outcome: 'error', message: outcomeText(gate) } as const]
      : []),
  ];
  const properties = [
    ...(base === null ? [] : [['base', base.commit] as const]),
    ...(head === null ? [] : [['head', head.commit] as const]),
    ...(run === null ? [] : [['run', run.id] as const, ['seed', run.seed] as const]),
  ];
  return junitXml([{ name: 'gate', properties, cases }], gate.startedAt);
}

/** Place, metric, change and decision: a row of a table. */
function cellsOf(comparison: GateComparison, gate: GateResult): readonly string[] {
  const { metric } = comparison;
  return [placeText(comparison), metricNoun(metric), changeText(comparison), decisionText(comparison, gate)];
}

/** "−9.8 % [−11.2, −8.3]": how far head is from base; "no figure" without a ratio. */
function changeText({ ratio, ci95 }: GateComparison): string {
  if (ratio === null) return 'no figure';
  const interval = ci95 === null ? '' : ` [${ci95.map((bound) => signedPercent(bound)).join(', ')}]`;
  return `${signedPercent(ratio)} %${interval}`;
}

/**
 * "regression"; "pass, but 0.8 to 3.1 % lower"; "not decided within 5 %: about 3 minutes more would tell", beside its interval;
 * "not judged: emulated".
 */
function decisionText(comparison: GateComparison, gate: GateResult): string {
  const { decision, roundsMore, note, ci95, n } = comparison;
  if (decision === null) return note ?? 'not judged';
  if (decision === 'pass' && isWorse(comparison)) return `pass, but ${worseText(comparison)}`;
  if (decision !== 'undecided') return decision;
  const open = `not decided within ${shareText(gate.threshold)}${ci95 === null ? ` by ${counted(n, 'round')}` : ''}`;
  const moreMs = (roundsMore ?? Infinity) * roundMsOf(gate);
  return moreMs > longestMoreMs ? open : `${open}: about ${minutesText(moreMs)} more would tell`;
}

/** How long a round took at most: what was built before the first is in it. */
function roundMsOf({ startedAt, finishedAt, run }: GateResult): number {
  return run === null ? Infinity : (Date.parse(finishedAt) - Date.parse(startedAt)) / run.rounds;
}

/** Whether the interval leaves no doubt that head is worse, by however little. */
function isWorse({ ci95, metric }: GateComparison): boolean {
  if (ci95 === null) return false;
  return isHigherBetter(metric) ? ci95[1] < 1 : ci95[0] > 1;
}

function isHigherBetter(key: string): boolean {
  return metricCatalogue.some((metric) => metric.key === key && metric.direction === 'higher');
}

/** "0.8 to 3.1 % lower". */
function worseText({ ci95, metric }: GateComparison): string {
  const bounds = (ci95 ?? []).map((bound) => Math.abs((bound - 1) * 100)).toSorted((a, b) => a - b);
  const word = isHigherBetter(metric) ? 'lower' : 'higher';
  return `${bounds.map((bound) => bound.toFixed(1)).join(' to ')} % ${word}`;
}

/** "primes in native". */
function placeText({ workload, environment }: GateComparison): string {
  return `${workload} in ${environment}`;
}

/** The outcome in one sentence, without the reasons. */
function outcomeText({ decision, threshold, problem, comparisons, workloads }: GateResult): string {
  const named = (wanted: GateComparison['decision']): string =>
    comparisons
      .filter((each) => each.decision === wanted)
      .map((each) => withMarks(`${metricNoun(each.metric)} of ${placeText(each)}`, [boundsText(each)]))
      .join(', ');
  switch (decision) {
    case 'regression':
      return `Regression: ${named('regression')}.`;
    case 'undecided':
      return `Undecided: ${named('undecided')} may be worse by ${shareText(threshold)} or more.`;
    case 'invalid':
      return `Not measured: ${problem ?? 'nothing to decide from'}.`.replace(/\.+$/, '.');
    case 'pass':
      return workloads.some(({ status }) => status === 'measured')
        ? `Pass: nothing is worse by ${shareText(threshold)} or more${worseWithin(comparisons)}.`
        : 'Pass: both sides run the same bytes.';
  }
}

/** "; throughput of primes in native is 0.8 to 3.1 % lower": what is worse, though it passes. */
function worseWithin(comparisons: readonly GateComparison[]): string {
  return comparisons
    .filter((each) => each.decision === 'pass' && isWorse(each))
    .map((each) => `; ${metricNoun(each.metric)} of ${placeText(each)} is ${worseText(each)}`)
    .join('');
}

/** What was not measured, and why: a line each. */
function skippedLines({ workloads, environments }: GateResult): readonly string[] {
  return [
    ...workloads.flatMap((each) => {
      if (each.status === 'measured') return [];
      const why =
        each.status === 'same-bytes'
          ? `same bytes on both sides (sha256 ${each.sha256.slice(0, shortSha256)}): pass without measuring`
          : each.reason;
      return [`${each.workload}: ${why}`];
    }),
    ...environments.flatMap((each) => ('reason' in each ? [`${each.environment}: ${each.reason}`] : [])),
  ];
}

function tableOf(gate: GateResult): string {
  const { comparisons } = gate;
  if (comparisons.length === 0) return '';
  return markdownTable(
    ['Workload', 'Metric', 'Head against base', 'Decision'],
    ['left', 'left', 'right', 'left'],
    comparisons.map((each) => {
      const cells = cellsOf(each, gate).map(escapeMarkdown);
      return each.decision === 'regression' ? cells.with(3, '**regression**') : cells;
    }),
  );
}

function notes({ base, head, run, threshold, startedAt }: GateResult): readonly string[] {
  return [
    ...(base === null ? [] : [`Base: ${escapeMarkdown(commitWords(base))}`]),
    ...(head === null ? [] : [`Head: ${escapeMarkdown(commitWords(head))}`]),
    ...(run === null
      ? []
      : [
          `Run ${codeSpan(run.id)} of ${dateText(startedAt)}, seed ${run.seed}, ${counted(run.rounds, 'round')}, both sides in every round in random order`,
          `A metric fails when it is certainly worse, by more than the margin; it passes when its interval stays below ${shareText(threshold)}`,
        ]),
  ];
}

/** 'HEAD (1a2b3c4 "Add a cache")'. */
function commitWords({ ref, commit, subject, modified }: GateCommit): string {
  const changed = modified ? ', with uncommitted changes' : '';
  return `${ref} (${commit.slice(0, shortHash)} "${subject}"${changed})`;
}

function signedPercent(ratio: number): string {
  const text = Math.abs((ratio - 1) * 100).toFixed(1);
  if (Number(text) === 0) return text;
  return `${ratio < 1 ? minus : '+'}${text}`;
}
