import { type Comparison, isByTare, isLatency, type RunFile, type Verdict } from '@tare/results';
import { fewestRounds, mean } from '@tare/statistics';
import {
  boundsText,
  differenceOf,
  groupedDifferences,
  groupedNouns,
  rangeWords,
  roundPercent,
  shareText,
  type Detail,
} from './differences.ts';
import { metricNoun, metricOf, robustOf } from './shown-metrics.ts';
import { taresOf, type Subject } from './subjects.ts';
import { capitalised, counted, listed } from './words.ts';

/** A sentence of the conclusion, in plain text; to be escaped by whoever shows it. */
export type Sentence = {
  /** The environment whose name it begins with: "docker" of "docker: worse than …". */
  readonly about?: string;
  readonly text: string;
  /** Without intervals, for where a table beside has them. */
  readonly brief: string;
  /** With the tare alone where it has a unit, for a picture. */
  readonly short: string;
  /** Says how to read the others, or what to do; says nothing of an environment by itself. */
  readonly isNote?: true;
};

/**
 * What a run says of a workload: per environment what it costs, which follows from the verdicts alone; then how to read it, and what
 * would decide the rest. What is not judged is named, with the reason.
 * @param comparisons those of the workload.
 * @param summary of the workload: figures by environment and metric.
 */
export function conclusionOf(
  { config, plan }: Pick<RunFile, 'config' | 'plan'>,
  subjects: readonly Subject[],
  comparisons: readonly Comparison[],
  summary: RunFile['summary'][string],
): readonly Sentence[] {
  const { baseline } = config;
  const base = subjects.find(({ isBaseline }) => isBaseline);
  const candidates = subjects.filter(({ isBaseline }) => !isBaseline);
  if (base === undefined) {
    return [plain(`${baseline}, the baseline, has no figures: there is nothing to compare with.`)];
  }
  if (base.failed !== undefined) {
    return [
      plain(
        `${baseline}, the baseline, failed after ${counted(base.failed.rounds, 'round')}, so nothing is judged: ${reasonOf(base)}.`,
      ),
    ];
  }
  if (candidates.length === 0) {
    return [plain(`Only ${baseline} was measured: there is nothing to compare it with.`)];
  }
  const judged = candidates.filter(({ isJudged }) => isJudged);
  const ofJudged = comparisons.filter(({ candidate }) => judged.some(({ name }) => name === candidate));
  const failed = candidates.filter((each) => each.failed !== undefined);
  const emulated = candidates.filter((each) => each.emulated && each.failed === undefined);
  return [
    ...judged.map((subject) => {
      const { name } = subject;
      const ofSubject = comparisons.filter(({ candidate }) => candidate === name);
      return aboutEnvironment(name, baseline, ofSubject, (metric) =>
        ofSubject.some((each) => each.metric === metric && isByTare(each))
          ? mean(taresOf(subject, metric)) - mean(taresOf(base, metric))
          : differenceOfMeans(summary[name]?.[metric], summary[baseline]?.[metric]),
      );
    }),
    ...failed.map((each) => ({
      about: each.name,
      ...plain(
        `${each.name} failed after ${counted(each.failed?.rounds ?? 0, 'round')} and is not judged: ${reasonOf(each)}.`,
      ),
    })),
    ...(emulated.length === 0 ? [] : [plain(emulatedWords(emulated, firstOnly(plan, emulated)))]),
    ...wholeNote(baseline, ofJudged),
    ...undecidedCost(plan, ofJudged),
  ];
}

/**
 * One comparison in words: "docker: throughput 3.1 % ± 0.8 % lower than native: worse", "docker: startup 3.28 times that of
 * native [2.93, 3.68]: worse", "docker: gross memory the same as native within 5 %", "docker: startup between 1.2 % shorter and
 * 4.5 % longer than native; not decided within 5 %"; with "all time counted: …" where typical slices decide.
 */
export function verdictWords(comparison: Comparison): string {
  const { candidate, baseline, metric } = comparison;
  const all = wholeText(comparison);
  const words = `${candidate}: ${metricNoun(metric)} ${judgedWords(comparison, baseline)}`;
  return all === '' ? words : `${words}; ${robustOf(metric).counted}: ${all}`;
}

function judgedWords(comparison: Comparison, baseline: string): string {
  const { verdict, margin } = comparison;
  if (verdict === 'same') return `the same as ${baseline} within ${shareText(margin)}`;
  if (verdict === 'undecided') {
    const range = rangeWords(comparison, baseline) ?? apart(comparison, baseline);
    return `${range}; not decided within ${shareText(margin)}${tooFew(comparison)}`;
  }
  return `${apart(comparison, baseline)}: ${verdict ?? 'not judged'}`;
}

/** A verdict in a table: "worse", "same"; one that is open has its bounds: "open: −2.3 to +0.9 %". */
export function verdictText(comparison: Pick<Comparison, 'verdict' | 'ci95' | 'look' | 'n'>): string {
  if (comparison.verdict !== 'undecided') return comparison.verdict ?? '';
  return `open: ${boundsText(comparison) || counted(comparison.n, 'round')}`;
}

/** The bounds of the whole, stalls and all, where a robust figure decides: "−3.1 to +2.2 %"; else empty. */
export function wholeText({ ci95, look }: Pick<Comparison, 'ci95' | 'look'>): string {
  return look?.whole === undefined ? '' : boundsText({ ci95, look }, look.whole);
}

function tooFew({ ci95, look, n }: Comparison): string {
  return look || ci95 !== null ? '' : ` by ${counted(n, 'round')}`;
}

/** Without what the sentence says already. */
function reasonOf({ name, failed }: Subject): string {
  const reason = failed?.reason ?? '';
  return (reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason).replace(/\.$/, '');
}

function plain(text: string): Pick<Sentence, 'text' | 'brief' | 'short'> {
  return { text, brief: text, short: text };
}

/** @returns in how many rounds the emulated environments were measured, where those were only the first. */
function firstOnly(plan: RunFile['plan'], emulated: readonly Subject[]): number | undefined {
  const latest = Math.max(...emulated.flatMap(({ trials }) => trials.map(({ round }) => round)));
  return latest < plan.rounds ? latest : undefined;
}

function emulatedWords(emulated: readonly Subject[], rounds: number | undefined): string {
  const [run, their, they, get, were] =
    emulated.length === 1 ? ['runs', 'Its', 'it', 'gets', 'was'] : ['run', 'Their', 'they', 'get', 'were'];
  const only =
    rounds === undefined ? '' : ` and ${were} measured only in the first ${counted(rounds, 'round')}`;
  const names = listed(emulated.map(({ name }) => name));
  return `${names} ${run} on an emulated processor. ${their} figures measure the emulator, so ${they} ${get} no verdict${only}.`;
}

/**
 * "docker: +322 ms startup (3.46 times) and throughput (3.1 % lower): worse than native. Better: …. Net memory the same within 5 %,
 * latency p50/p95 at most 1.9 % higher. Not decided within 5 %: gross memory between 2.3 % lower and 9.4 % higher."
 * @param tareOf how much more a metric is than the baseline's, in its unit; undefined where that is not known.
 */
function aboutEnvironment(
  name: string,
  baseline: string,
  comparisons: readonly Comparison[],
  tareOf: (metric: string) => number | undefined,
): Sentence {
  const withVerdict = (wanted: Verdict) => comparisons.filter(({ verdict }) => verdict === wanted);
  const [worse, better, same, open] = (['worse', 'better', 'same', 'undecided'] as const).map(withVerdict);
  const textOf = (detail: Detail): string => {
    const differing = (of: readonly Comparison[] = []) => listed(groupedDifferences(of, detail, tareOf));
    const sentences = [
      ...(worse?.length ? [`${differing(worse)}: worse`] : []),
      ...(better?.length ? [`${differing(better)}: better`] : []),
      ...sameWords(same ?? []),
      ...openWords(open ?? [], comparisons, detail),
    ];
    const [first, ...rest] = sentences;
    if (first === undefined) return `${name}: no figure could be compared with ${baseline}.`;
    return [`${name} against ${baseline}: ${first}`, ...rest.map(capitalised)]
      .map((each) => `${each}.`)
      .join(' ');
  };
  return { about: name, text: textOf('full'), brief: textOf('brief'), short: textOf('short') };
}

/** "throughput the same within 2 %, net CPU per request and net memory the same within 5 %, latency p50/p95 at most 1.9 % higher". */
function sameWords(same: readonly Comparison[]): readonly string[] {
  const bounded = same.filter(({ metric, look }) => isLatency(metric) && look);
  const others = same.filter((each) => !bounded.includes(each));
  const parts = [
    ...[...Map.groupBy(others, ({ margin }) => margin)].map(
      ([margin, of]) => `${listed(groupedNouns(of))} the same within ${shareText(margin)}`,
    ),
    ...(bounded.length === 0 ? [] : [`${listed(groupedNouns(bounded))} ${atMost(bounded)}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(', ')];
}

/** By the interval that decided: "at most 1.9 % higher". */
function atMost(same: readonly Comparison[]): string {
  const most = Math.max(...same.map(({ look, margin }) => look?.interval[1] ?? 1 + margin));
  const percent = roundPercent((most - 1) * 100);
  return Number.parseFloat(percent) <= 0 ? 'no higher' : `at most ${percent} higher`;
}

/** What is open, each with its bounds. */
function openWords(
  open: readonly Comparison[],
  all: readonly Comparison[],
  detail: Detail,
): readonly string[] {
  const unknown = open.filter((comparison) => boundsText(comparison) === '');
  const judged = all.filter(({ verdict }) => verdict !== null).length;
  const names =
    unknown.length > 1 && unknown.length === judged ? `all ${judged} metrics` : listed(groupedNouns(unknown));
  const byMargin = Map.groupBy(
    open.filter((each) => !unknown.includes(each)),
    ({ margin }) => margin,
  );
  return [
    ...[...byMargin].map(([margin, of]) => {
      const bounded = of.map((comparison) => {
        const noun = metricNoun(comparison.metric);
        return detail === 'full'
          ? `${noun} ${rangeWords(comparison, undefined) ?? ''}`
          : `${noun} ${boundsText(comparison)}`;
      });
      return `not decided within ${shareText(margin)}: ${listed(bounded)}`;
    }),
    ...(unknown.length === 0 ? [] : [`${names} not decided: ${fewRounds(unknown)}`]),
  ];
}

function fewRounds(comparisons: readonly Comparison[]): string {
  const rounds = Math.max(...comparisons.map(({ n }) => n));
  return rounds < fewestRounds
    ? `${counted(rounds, 'round')} of the ${fewestRounds} that a verdict takes`
    : 'without an interval';
}

/**
 * Where a robust figure decides, the bounds of the whole: a stall that few slices or requests have is in these alone. Beside a tare
 * stands the net figure, which has the rest.
 */
function wholeNote(baseline: string, comparisons: readonly Comparison[]): readonly Sentence[] {
  const known = comparisons.filter(
    (each) => wholeText(each) !== '' && metricOf(each.metric)?.netOf === undefined,
  );
  return [...Map.groupBy(known, ({ metric }) => metric)].map(([metric, ofMetric]) => {
    const bounds = ofMetric
      .map((comparison) => `${comparison.candidate} ${wholeText(comparison)}`)
      .join(', ');
    const { typical, counted: all } = robustOf(metric);
    const label = capitalised(metricNoun(metric));
    return {
      ...plain(`${label} was judged by the ${typical}; with ${all} it is, against ${baseline}: ${bounds}.`),
      isNote: true,
    };
  });
}

/** What takes longer is not worth telling: nobody waits for it. */
export const longestMoreMs = 3_600_000;

/** "4 minutes", rounded up. */
export function minutesText(durationMs: number): string {
  return counted(Math.max(1, Math.ceil(durationMs / 60_000)), 'minute');
}

/** What would decide the rest, where that takes less than an hour: "About 4 minutes more would decide 2 of the 3." */
function undecidedCost(plan: RunFile['plan'], comparisons: readonly Comparison[]): readonly Sentence[] {
  const open = comparisons.filter(({ verdict }) => verdict === 'undecided');
  if (plan.kind !== 'looks' || open.length === 0) return [];
  const costs = open.flatMap(({ roundsMore }) =>
    roundsMore !== null && roundsMore * plan.roundMs <= longestMoreMs ? [roundsMore] : [],
  );
  if (costs.length === 0) return [];
  const most = Math.max(...costs);
  const minutes = minutesText(most * plan.roundMs);
  const which =
    costs.length === open.length ? 'what is open' : `${costs.length} of the ${open.length} that are open`;
  const options = { budget: ' (--budget)', rounds: ` (--rounds=${plan.rounds + most})` };
  const option = plan.endedBy === 'budget' || plan.endedBy === 'rounds' ? options[plan.endedBy] : '';
  return [{ ...plain(`About ${minutes} more would decide ${which}${option}.`), isNote: true }];
}

function differenceOfMeans(
  candidate: { readonly mean: number } | undefined,
  baseline: { readonly mean: number } | undefined,
): number | undefined {
  return candidate === undefined || baseline === undefined ? undefined : candidate.mean - baseline.mean;
}

function apart(comparison: Comparison, baseline: string): string {
  const difference = differenceOf(comparison);
  if (difference === null) return `without a ratio to ${baseline}`;
  return difference.kind === 'times'
    ? `${difference.factor} that of ${baseline}${difference.interval}`
    : `${difference.amount} ${difference.side} than ${baseline}`;
}
