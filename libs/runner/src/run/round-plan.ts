import {
  compare,
  metricCatalogue,
  type Comparison,
  type Looks,
  type Margins,
  type Trial,
} from '@tare/results';
import { fewestRounds, planLooks } from '@tare/statistics';
import type { ResolvedConfig } from '../config/bench-config.ts';

export type LookedRounds = Extract<ResolvedConfig['rounds'], { kind: 'looks' }>;

/** Rounds before the first look: with fewer no verdict is possible. */
export function roundsBeforeLooks({ max }: Pick<LookedRounds, 'max'>): number {
  return Math.min(max, fewestRounds);
}

// a run until its budget is spent must not run out of planned rounds where later ones take less time than the first
const roomForFasterRounds = 1.25;

/**
 * The looks of a run, fixed before the first of them: the error is spent over the rounds that there can be.
 * @param max the most rounds, on this host.
 * @param affordable how many rounds the budget has room for.
 */
export function looksWithin(
  { looks, max, until }: Pick<LookedRounds, 'looks' | 'max' | 'until'>,
  affordable: number,
): Looks {
  const most = {
    decided: affordable,
    rounds: max,
    budget: Math.ceil(affordable * roomForFasterRounds),
  }[until];
  const mostRounds = Math.min(max, Math.max(fewestRounds, most));
  if (mostRounds < fewestRounds) return { mostRounds, rounds: [] };
  if (looks === undefined)
    return { mostRounds, rounds: planLooks(mostRounds).looks.map(({ rounds }) => rounds) };
  return { mostRounds, rounds: [...looks.filter((rounds) => rounds < mostRounds), mostRounds] };
}

/**
 * The environments that rounds after the first look are made of: all but those that get no verdict, which would take time
 * that makes the others' verdicts sharper. Where the baseline itself gets none, nothing is judged, and all go on.
 */
export function environmentsAfterFirstLook(
  names: readonly string[],
  unjudged: readonly string[],
  baseline: string,
): readonly string[] {
  return unjudged.includes(baseline) ? names : names.filter((name) => !unjudged.includes(name));
}

/**
 * What a look finds, for a run that asks for more than verdicts against its baseline.
 * @param unjudged environments that get no verdict, and those that failed.
 */
export type JudgeLook = (trials: readonly Trial[], looks: Looks, unjudged: readonly string[]) => Found;

type LookedAt = {
  readonly trials: readonly Trial[];
  readonly baseline: string;
  readonly control: string | undefined;
  /** Environments that get no verdict. */
  readonly unjudged: readonly string[];
  readonly margins: Margins;
  readonly seed: number;
  readonly looks: Looks;
};

/** What a look finds. */
export type Found = {
  /** The comparisons that the run is about: those of the control only where there is nothing else to compare. */
  readonly judged: readonly Comparison[];
  /** Those of them that are not decided. */
  readonly open: readonly Comparison[];
  /** What the next rounds compare with the baseline. */
  readonly candidates: readonly string[];
};

/**
 * Judges what there is. What is decided stays decided: an environment of which nothing is open takes no more time. The
 * control asks for no rounds, and goes on only with what is open elsewhere and in it, too.
 */
export function lookAt({ trials, control, ...options }: LookedAt): Found {
  const all = compare(trials, { ...options, control }).filter(({ verdict }) => verdict !== null);
  const others = all.filter(({ candidate }) => candidate !== control);
  const judged = others.length > 0 ? others : all;
  const isUndecided = ({ verdict }: Comparison): boolean => verdict === 'undecided';
  const open = judged.filter(isUndecided);
  const goesOn = (one: Comparison): boolean =>
    isUndecided(one) &&
    open.some(({ workload, metric }) => workload === one.workload && metric === one.metric);
  const candidates = [...new Set(all.filter(goesOn).map(({ candidate }) => candidate))];
  return { judged, open, candidates };
}

/** @returns "Throughput of primes in docker". */
export function comparisonTitle({
  workload,
  metric,
  candidate,
}: Pick<Comparison, 'workload' | 'metric' | 'candidate'>): string {
  const label = metricCatalogue.find(({ key }) => key === metric)?.label ?? metric;
  return `${label} of ${workload} in ${candidate}`;
}
