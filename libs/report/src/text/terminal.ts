import type { Diagnostic, Verdict } from '@tare/results';
import {
  isolationWords,
  ladderColumns,
  missingWords,
  type Ladder,
  type LadderCell,
  type WorkloadLadder,
} from '../model/ladder.ts';
import type { ReportModel } from '../model/report-model.ts';
import { shownAs } from '../model/shown-metrics.ts';
import type { Subject } from '../model/subjects.ts';
import { counted, verdictSigns } from '../model/words.ts';
import type { MetricCell, MetricRow, WorkloadModel } from '../model/workload-model.ts';
import { screenOf, terminalPage, widthOf } from './terminal-layout.ts';
import type { Screen, Style, Terminal } from './terminal-layout.ts';

const verdictStyles: Readonly<Record<Verdict, Style>> = {
  better: 'green',
  worse: 'red',
  same: 'dim',
  undecided: 'yellow',
};

/**
 * The run as text for a terminal: per workload a table of metrics by environment and what follows from the verdicts; then the
 * caveats, the environments that could not be measured, and the warnings, many of a kind summed up. When the environments do
 * not fit beside each other, they follow in blocks. The rest is in summary.md.
 * @returns lines ending in a line feed; the same model and terminal give the same text.
 */
export function renderTerminal(report: ReportModel, terminal: Terminal): string {
  const screen = screenOf(terminal);
  const { paint, wrap, marked, section } = screen;
  const { workloads } = report;
  const caveats = report.caveats.map(({ level, text }) =>
    level === 'info' ? wrap(text) : marked(level, text),
  );
  return terminalPage([
    ...(report.partial === undefined ? [] : [marked('warning', report.partial)]),
    `${paint('bold', `Run ${report.id}`)}, ${report.started}, seed ${report.seed}\n${report.load}`,
    ...(workloads.length === 0
      ? ['No trial was measured.']
      : [
          ...ladderTexts(report.ladder, screen),
          ...workloads.map((each) => workloadText(each, screen)),
          legendText(workloads, screen),
        ]),
    ...section('How far this can be trusted', caveats),
    ...section('Not measured, or only in part', screen.missing(report.missing)),
    ...section('Diagnostics', diagnosticLines(report, screen)),
  ]);
}

/** The ladder of each workload as a table, a row per rung: without intervals, which the tables below have. */
function ladderTexts(ladder: Ladder | undefined, screen: Screen): readonly string[] {
  if (ladder === undefined) return [];
  const missing = ladder.missing.map((each) => screen.wrap(missingWords(each)));
  return ladder.workloads.map((each) =>
    [
      `${screen.paint('bold', `The ladder of isolation: ${each.workload}`)}\n${screen.paint('dim', `mean, ratio to ${each.baseline}; of memory what the environment adds, and the ratio of gross`)}`,
      ladderText(each, screen),
      ...(missing.length === 0 ? [] : [missing.join('\n')]),
    ].join('\n\n'),
  );
}

/** With what isolates each rung where the terminal is wide enough. */
function ladderText({ rungs }: WorkloadLadder, screen: Screen): string {
  const { paint, table, columns } = screen;
  const head = [
    paint('dim', 'Environment'),
    ...ladderColumns.map(({ title }) => ({ text: paint('bold', title), span: 2 })),
  ];
  const rows = rungs.map((rung) => [
    rung.subject.title,
    ...ladderColumns.flatMap(({ of }) => ladderCellTexts(rung[of], screen)),
  ]);
  const aligns = ['left' as const, ...ladderColumns.flatMap(() => ['right', 'left'] as const)];
  const isolated = rungs.map(({ isolation }, place) => [...(rows[place] ?? []), isolationWords(isolation)]);
  const wide = table([[...head, paint('bold', 'Isolation')], ...isolated], [...aligns, 'left']);
  return widthOf(wide) <= columns ? wide : table([head, ...rows], aligns);
}

function ladderCellTexts(
  { text, factor, verdict }: LadderCell,
  { paint }: Screen,
): readonly [string, string] {
  if (verdict === undefined) return [text, factor];
  return [text, paint(verdictStyles[verdict], `${factor} ${verdictSigns[verdict]}`)];
}

function diagnosticLines(report: ReportModel, { marked }: Screen): readonly string[] {
  // the caveat of the A/A control says what its diagnostic does
  const shown = report.diagnostics.filter(
    ({ level, code }) => level !== 'info' && code !== 'control-differs',
  );
  return [
    ...summedUp(shown).map(({ level, message }) => marked(level, message)),
    ...report.warnings.judged.map((warning) => marked('warning', warning)),
  ];
}

function workloadText(workload: WorkloadModel, screen: Screen): string {
  const { paint, wrap } = screen;
  const heading = `${paint('bold', workload.name)}  ${workload.requestPath}`.trimEnd();
  const counts = `${counted(workload.rounds, 'round')}, mean ± sd, ratio to ${workload.baseline} [interval judged, else 95 %]`;
  const sentences = workload.conclusion.map(({ brief }) => wrap(brief, ''));
  return [
    `${heading}\n${paint('dim', counts)}`,
    ...blocks(workload, screen),
    [...sentences, paint('dim', wrap(workload.latency.text, ''))].join('\n'),
  ].join('\n\n');
}

/** As many environments beside each other as fit into the width, at least one; then the next ones below. */
function blocks({ subjects, rows }: WorkloadModel, screen: Screen): readonly string[] {
  const shownRows = rows.filter(({ metric }) => shownAs(metric.key).terminal === true);
  const texts: string[] = [];
  let shown: readonly Subject[] = [];
  let text = '';
  for (const subject of subjects) {
    const wider = blockText(shownRows, [...shown, subject], screen);
    const fits = shown.length === 0 || widthOf(wider) <= screen.columns;
    if (!fits) texts.push(text);
    shown = fits ? [...shown, subject] : [subject];
    text = fits ? wider : blockText(shownRows, shown, screen);
  }
  return [...texts, text];
}

function blockText(rows: readonly MetricRow[], shown: readonly Subject[], screen: Screen): string {
  const { paint, table } = screen;
  const head = [
    paint('dim', 'Metric'),
    ...shown.map((subject) => ({ text: paint('bold', subject.title), span: alignsOf(subject).length })),
  ];
  const lines = rows.map(({ metric, title, cells }) => {
    const arrow = metric.direction === 'lower' ? '↓' : '↑';
    return [
      `${title.replace(' per request', '/request')} ${paint('dim', arrow)}`,
      ...shown.flatMap((subject) => {
        const cell = cells.find((each) => each.subject === subject);
        return cellTexts(cell, screen).slice(0, alignsOf(subject).length);
      }),
    ];
  });
  return table([head, ...lines], ['left', ...shown.flatMap(alignsOf)]);
}

/** The baseline has no ratio to itself: one column of text instead of two. */
function alignsOf({ isBaseline }: Subject): readonly ('right' | 'left')[] {
  return isBaseline ? ['right'] : ['right', 'left'];
}

function cellTexts(cell: MetricCell | undefined, { paint }: Screen): readonly [string, string] {
  if (cell === undefined || cell.mean === '') return ['–', ''];
  const { mean, ratio, verdict } = cell;
  if (verdict === undefined) return [mean, ratio];
  return [mean, paint(verdictStyles[verdict], `${ratio} ${verdictSigns[verdict]}`)];
}

function legendText(workloads: readonly WorkloadModel[], { paint }: Screen): string {
  const isJudged = workloads.some(({ rows }) =>
    rows.some(({ cells }) => cells.some(({ verdict }) => verdict)),
  );
  const verdicts = Object.entries(verdictSigns).map(([verdict, sign]) =>
    verdict === 'undecided' ? `${sign} open` : `${sign} ${verdict}`,
  );
  return paint('dim', ['↓ lower is better', '↑ higher is better', ...(isJudged ? verdicts : [])].join('  '));
}

/** Up to this many of a kind are shown in full; more are summed up. */
const mostInFull = 2;
// a name may hold a colon: "native:control"
const trialPrefix = /^.+?, round \d+, .+?: /;

/**
 * Diagnostics for where there is little room: those of one level and code that are many become one, with their count and
 * the one with the largest figure: "littles-law: 12 trials, the largest: …; all in summary.md". The order stays that
 * of the first of each kind.
 */
export function summedUp(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const groups = Map.groupBy(diagnostics, ({ level, code }) => `${level} ${code}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= mostInFull) return group;
    const { level, code } = first;
    const noun = group.every(({ message }) => trialPrefix.test(message)) ? 'trial' : 'time';
    const largest = largestOf(group);
    const example = largest === undefined ? `the first: ${first.message}` : `the largest: ${largest.message}`;
    return [
      { level, code, message: `${code}: ${counted(group.length, noun)}, ${example}; all in summary.md` },
    ];
  });
}

/** The one with the largest of the first figures that differ; undefined when their texts are not alike. */
function largestOf(group: readonly Diagnostic[]): Diagnostic | undefined {
  const read = group.map((diagnostic) => {
    const text = diagnostic.message.replace(trialPrefix, '');
    return {
      diagnostic,
      shape: text.replace(/\d+(\.\d+)?/g, '0'),
      figures: [...text.matchAll(/\d+(\.\d+)?/g)].map(([figure]) => Number(figure)),
    };
  });
  const [first] = read;
  if (first === undefined || read.some(({ shape }) => shape !== first.shape)) return undefined;
  const place = first.figures.findIndex((figure, index) =>
    read.some(({ figures }) => figures[index] !== figure),
  );
  return read.toSorted((a, b) => (b.figures[place] ?? 0) - (a.figures[place] ?? 0))[0]?.diagnostic;
}
