import type { Comparison, RunFile, Verdict } from '@tare/results';
import {
  differenceOf,
  groupedDifferences,
  groupedNouns,
  rangeWords,
  roundPercent,
  shareText,
} from './differences.ts';
import { metricNoun } from './shown-metrics.ts';
import type { Subject } from './subjects.ts';
import { capitalised, counted, listed } from './words.ts';

/** A sentence of the conclusion, in plain text; to be escaped by whoever shows it. */
export type Sentence = {
  /** The environment whose name it begins with: "docker" of "docker: worse than …". */
  readonly about?: string;
  readonly text: string;
  /** Without intervals, for where a table beside has them. */
  readonly brief: string;
};

/**
 * What a run says of a workload: one sentence per environment, which follows from the verdicts alone, and the smallest difference that
 * the rounds could have detected. What is not judged is named, with the reason.
 * @param comparisons those of the workload.
 */
export function conclusionOf(
  { config, plan }: Pick<RunFile, 'config' | 'plan'>,
  subjects: readonly Subject[],
  comparisons: readonly Comparison[],
): readonly Sentence[] {
  const { baseline } = config;
  const base = subjects.find(({ isBaseline }) => isBaseline);
  const candidates = subjects.filter(({ isBaseline }) => !isBaseline);
  if (base === undefined) {
    return [plain(`${baseline}, the baseline, has no figures: there is nothing to compare with.`)];
  }
  if (base.failed !== undefined) {
    return [plain(`${baseline}, the baseline, failed after ${counted(base.failed.rounds, 'round')}, so nothing is judged: ${reasonOf(base)}.`)];
  }
  if (candidates.length === 0) {
    return [plain(`Only ${baseline} was measured: there is nothing to compare it with.`)];
  }
  const judged = candidates.filter(({ isJudged }) => isJudged);
  const failed = candidates.filter((each) => each.failed !== undefined);
  const emulated = candidates.filter((each) => each.emulated && each.failed === undefined);
  return [
    ...judged.map(({ name }) =>
      aboutEnvironment(name, baseline, comparisons.filter(({ candidate }) => candidate === name)),
    ),
    ...detectable(comparisons.filter(({ candidate }) => judged.some(({ name }) => name === candidate))),
    ...failed.map((each) => ({
      about: each.name,
      ...plain(`${each.name} failed after ${counted(each.failed?.rounds ?? 0, 'round')} and is not judged: ${reasonOf(each)}.`),
    })),
    ...(emulated.length === 0 ? [] : [plain(emulatedWords(emulated, pilotOnly(plan, emulated)))]),
  ];
} // prettier-ignore

/**
 * One comparison in words: "docker: throughput 3.1 % ± 0.8 % lower than native: worse", "docker: startup 3.28 times that of
 * native [2.93, 3.68]: worse", "docker: gross memory the same as native within 5 %".
 */
export function verdictWords(comparison: Comparison): string {
  const { candidate, baseline, metric, verdict, margin } = comparison;
  const subject = `${candidate}: ${metricNoun(metric)}`;
  if (verdict === 'same') return `${subject} the same as ${baseline} within ${shareText(margin)}`;
  if (verdict === 'undecided') {
    const range = rangeWords(comparison, baseline) ?? apart(comparison, baseline);
    return `${subject} ${range}: undecided; ${roundsMoreWords([comparison])}`;
  }
  return `${subject} ${apart(comparison, baseline)}: ${verdict ?? 'not judged'}`;
}

/** What would decide what is undecided: "12 more rounds would decide". */
export function roundsMoreWords(
  undecided: readonly Pick<Comparison, 'roundsMore' | 'logRatioStdev'>[],
): string {
  const counts = undecided.flatMap(({ roundsMore }) => roundsMore ?? []);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) {
    return undecided.every(({ logRatioStdev }) => logRatioStdev === null)
      ? 'one round decides nothing'
      : 'no practical number of rounds would decide';
  }
  const range = fewest === most ? counted(most, 'more round') : `${fewest} to ${most} more rounds`;
  const outOfReach = undecided.length - counts.length;
  const rest = outOfReach === 0 ? '' : `, no practical number for ${outOfReach} of them`;
  return `${range} would decide${rest}`;
}

/** Without what the sentence says already. */
function reasonOf({ name, failed }: Subject): string {
  const reason = failed?.reason ?? '';
  return (reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason).replace(/\.$/, '');
}

function plain(text: string): Pick<Sentence, 'text' | 'brief'> {
  return { text, brief: text };
}

/** @returns in how many rounds the emulated environments were measured, where those were the pilot's alone. */
function pilotOnly(plan: RunFile['plan'], emulated: readonly Subject[]): number | undefined {
  if (plan.kind !== 'pilot' || plan.rounds === plan.pilotRounds) return undefined;
  const isLater = emulated.some(({ trials }) => trials.some(({ round }) => round > plan.pilotRounds));
  return isLater ? undefined : plan.pilotRounds;
}

function emulatedWords(emulated: readonly Subject[], rounds: number | undefined): string {
  const [run, their, they, get, were] =
    emulated.length === 1 ? ['runs', 'Its', 'it', 'gets', 'was'] : ['run', 'Their', 'they', 'get', 'were'];
  const only = rounds === undefined ? '' : ` and ${were} measured only in the ${rounds} pilot rounds`;
  const names = listed(emulated.map(({ name }) => name));
  return `${names} ${run} on an emulated processor. ${their} figures measure the emulator, so ${they} ${get} no verdict${only}.`;
}

/** "docker: worse than native in …; better in …. The same within 5 % in …; undecided in … (12 more rounds would decide)." */
function aboutEnvironment(name: string, baseline: string, comparisons: readonly Comparison[]): Sentence {
  const withVerdict = (wanted: Verdict) => comparisons.filter(({ verdict }) => verdict === wanted);
  const textOf = (withIntervals: boolean): string => {
    const different = (['worse', 'better'] as const).flatMap((verdict) => {
      const items = groupedDifferences(withVerdict(verdict), withIntervals);
      return items.length === 0
        ? []
        : [{ start: verdict, than: ` than ${baseline}`, rest: `in ${listed(items)}` }];
    });
    const alike = [
      ...sameClause(withVerdict('same'), baseline),
      ...undecidedClause(withVerdict('undecided'), comparisons),
    ];
    const sentences = [different, alike].filter((clauses) => clauses.length > 0);
    if (sentences.length === 0) return `${name}: no figure could be compared with ${baseline}.`;
    return `${name}: ${sentences.map((clauses, place) => sentenceOf(clauses, place === 0)).join(' ')}`;
  };
  return { about: name, text: textOf(true), brief: textOf(false) };
}

type Clause = { readonly start: string; readonly than: string; readonly rest: string };

/** Clauses as one sentence; the first of all names the baseline. */
function sentenceOf(clauses: readonly Clause[], isFirst: boolean): string {
  const text = clauses
    .map(({ start, than, rest }, place) => `${start}${isFirst && place === 0 ? than : ''} ${rest}`)
    .join('; ');
  return `${isFirst ? text : capitalised(text)}.`;
}

function sameClause(same: readonly Comparison[], baseline: string): readonly Clause[] {
  const byMargin = [...Map.groupBy(same, ({ margin }) => margin)].map(
    ([margin, of]) => `within ${shareText(margin)} in ${listed(groupedNouns(of))}`,
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
      : listed(groupedNouns(undecided));
  return [{ start: 'undecided', than: '', rest: `in ${where} (${roundsMoreWords(undecided)})` }];
}

/** Of throughput where there is one, else of the first judged metric; the largest over the environments. */
function detectable(comparisons: readonly Comparison[]): readonly Sentence[] {
  const known = comparisons.flatMap(({ metric, n, verdict, minimumDetectableRatio: ratio }) =>
    verdict === null || ratio === null ? [] : [{ metric, n, ratio }],
  );
  const metric = known.find((each) => each.metric === 'throughputRps')?.metric ?? known[0]?.metric;
  const [worst] = known.filter((each) => each.metric === metric).toSorted((a, b) => b.ratio - a.ratio);
  if (worst === undefined) return [];
  const size =
    worst.ratio >= 2 ? `a factor of ${worst.ratio.toFixed(1)}` : roundPercent((worst.ratio - 1) * 100);
  return [
    plain(`These ${worst.n} rounds could detect a ${metricNoun(worst.metric)} difference of ${size} or more.`),
  ];
} // prettier-ignore

function apart(comparison: Comparison, baseline: string): string {
  const difference = differenceOf(comparison);
  if (difference === null) return `without a ratio to ${baseline}`;
  return difference.kind === 'times'
    ? `${difference.factor} that of ${baseline}${difference.interval}`
    : `${difference.amount} ${difference.side} than ${baseline}`;
}
