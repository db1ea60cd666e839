import type { Comparison, RunFile, Verdict } from '@tare/results';
import { measuredColumns, measuredWorkloads } from '../metric-table.ts';
import { oneLine } from '../safe-text.ts';
import { roundPercent, shareText } from './difference.ts';
import { listed } from './listed.ts';
import { groupedDifferences, groupedNouns } from './metric-groups.ts';
import { metricNoun } from './metric-noun.ts';
import { roundsMoreWords } from './verdict-words.ts';

/** What a run says about a workload, in plain text; to be escaped by whoever shows it. */
export type WorkloadConclusion = { readonly workload: string; readonly sentences: readonly string[] };

/**
 * The conclusion of a run: for each measured workload one entry per environment, which follows from the verdicts alone, and
 * the smallest difference that the rounds could have seen. Emulated environments are excluded, and that is said.
 * @param options `intervals: false` leaves the intervals out, for where a table beside has them.
 */
export function conclusionSentences(
  run: RunFile,
  { intervals = true }: { readonly intervals?: boolean } = {},
): readonly WorkloadConclusion[] {
  return measuredWorkloads(run).map((workload) => ({
    workload,
    sentences: sentencesOf(run, workload, intervals),
  }));
}

function sentencesOf(run: RunFile, workload: string, intervals: boolean): readonly string[] {
  const { baseline } = run.config;
  const columns = measuredColumns(run, workload, baseline);
  const candidates = columns.filter(({ isBaseline }) => !isBaseline);
  if (!columns.some(({ isBaseline }) => isBaseline)) {
    return [`${oneLine(baseline)}, the baseline, has no figures: there is nothing to compare with.`];
  }
  if (candidates.length === 0) {
    return [`Only ${oneLine(baseline)} was measured: there is nothing to compare it with.`];
  }
  const ofWorkload = run.comparisons.filter((comparison) => comparison.workload === workload);
  const judged = candidates.filter(({ emulated }) => !emulated).map(({ environment }) => environment);
  const emulated = candidates
    .filter((column) => column.emulated)
    .map(({ environment }) => oneLine(environment));
  return [
    ...judged.map((name) =>
      environmentSentences(
        name,
        baseline,
        ofWorkload.filter(({ candidate }) => candidate === name),
        intervals,
      ),
    ),
    ...detectableSentence(ofWorkload.filter(({ candidate }) => judged.includes(candidate))),
    ...(emulated.length === 0 ? [] : [emulatedSentence(emulated, pilotOnly(run, candidates))]),
  ];
}

/** @returns how many rounds the emulated environments were measured in, where those were the pilot's alone. */
function pilotOnly(
  { plan, trials }: RunFile,
  columns: readonly { readonly environment: string; readonly emulated: boolean }[],
): number | undefined {
  if (plan.kind !== 'pilot' || plan.rounds === plan.pilotRounds) return undefined;
  const names = columns.filter(({ emulated }) => emulated).map(({ environment }) => environment);
  const isLater = trials.some(
    ({ environment, round }) => names.includes(environment) && round > plan.pilotRounds,
  );
  return isLater ? undefined : plan.pilotRounds;
}

function emulatedSentence(names: readonly string[], rounds: number | undefined): string {
  const [ran, they, get, were] =
    names.length === 1 ? ['runs', 'it', 'gets', 'was'] : ['run', 'they', 'get', 'were'];
  const only = rounds === undefined ? '' : `, and ${were} measured in the ${rounds} rounds of the pilot only`;
  return `${listed(names)} ${ran} on an emulated processor: the figures weigh the emulator, so ${they} ${get} no verdict${only}.`;
}

/** "docker: worse than native in …; better in …. The same within 5 % in …; undecided in …: 12 rounds more would tell." */
function environmentSentences(
  candidate: string,
  baseline: string,
  comparisons: readonly Comparison[],
  intervals: boolean,
): string {
  const name = oneLine(candidate);
  const other = oneLine(baseline);
  const withVerdict = (wanted: Verdict) => comparisons.filter(({ verdict }) => verdict === wanted);
  const different = (['worse', 'better'] as const).flatMap((verdict) => {
    const items = groupedDifferences(withVerdict(verdict), intervals);
    return items.length === 0
      ? []
      : [{ start: verdict, than: ` than ${other}`, rest: `in ${listed(items)}` }];
  });
  const alike = [
    ...sameClause(withVerdict('same'), other),
    ...undecidedClause(withVerdict('undecided'), comparisons),
  ];
  const sentences = [different, alike].filter((clauses) => clauses.length > 0);
  if (sentences.length === 0) return `${name}: no figure could be compared with ${other}.`;
  return `${name}: ${sentences.map((clauses, place) => sentence(clauses, place === 0)).join(' ')}`;
}

type Clause = { readonly start: string; readonly than: string; readonly rest: string };

/** Clauses as one sentence; the first of all names the baseline. */
function sentence(clauses: readonly Clause[], isFirst: boolean): string {
  const text = clauses
    .map(({ start, than, rest }, place) => `${start}${isFirst && place === 0 ? than : ''} ${rest}`)
    .join('; ');
  return `${isFirst ? text : text.charAt(0).toUpperCase() + text.slice(1)}.`;
}

function sameClause(same: readonly Comparison[], baseline: string): readonly Clause[] {
  const byMargin = [...Map.groupBy(same, ({ margin }) => margin)].map(
    ([margin, of]) => `within ${shareText(margin)} in ${listed(groupedNouns(metricsOf(of)))}`,
  );
  return same.length === 0
    ? []
    : [{ start: 'the same', than: ` as ${baseline}`, rest: byMargin.join(', and ') }];
}

function undecidedClause(undecided: readonly Comparison[], all: readonly Comparison[]): readonly Clause[] {
  if (undecided.length === 0) return [];
  const judged = all.filter(({ verdict }) => verdict !== null).length;
  const where =
    undecided.length > 1 && undecided.length === judged
      ? `all ${judged} metrics`
      : listed(groupedNouns(metricsOf(undecided)));
  return [{ start: 'undecided', than: '', rest: `in ${where}: ${roundsMoreWords(undecided)}` }];
}

function metricsOf(comparisons: readonly Comparison[]): readonly string[] {
  return comparisons.map(({ metric }) => metric);
}

/** Of throughput where there is one, else of the first judged metric; the largest over the environments. */
function detectableSentence(comparisons: readonly Comparison[]): readonly string[] {
  const known = comparisons.flatMap(({ metric, n, verdict, minimumDetectableRatio: ratio }) =>
    verdict === null || ratio === null ? [] : [{ metric, n, ratio }],
  );
  const metric = known.find((each) => each.metric === 'throughputRps')?.metric ?? known[0]?.metric;
  const [worst] = known.filter((each) => each.metric === metric).toSorted((a, b) => b.ratio - a.ratio);
  if (worst === undefined) return [];
  const size =
    worst.ratio >= 2 ? `a factor of ${worst.ratio.toFixed(1)}` : roundPercent((worst.ratio - 1) * 100);
  return [
    `The smallest ${metricNoun(worst.metric)} difference that these ${worst.n} rounds could have seen: ${size}.`,
  ];
}
