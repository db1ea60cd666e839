import { made, notMade } from '../check/check-items.ts';
import { shareItem } from '../check/share-items.ts';
import type { Check, Share } from '../result/calibration-file.ts';
import type { RealRun } from './real-comparison.ts';
import { slowdownSizes } from './slowdown-sizes.ts';

const aaTitle = {
  id: 'aa-real',
  part: 'aa',
  title: 'Real comparisons of two equal copies',
  unit: '%',
} as const;
const abTitle = { id: 'ab-real', part: 'ab', title: 'Real slowdowns', unit: '%' } as const;

/** Why there are not more runs: the budget was used up, or one failed. */
export type RealEnd =
  | { readonly kind: 'budget'; readonly minutes: number }
  | { readonly kind: 'failed'; readonly message: string };

/** How often two copies of the same app, measured for real, came out different. */
export function checkRealAA(runs: readonly RealRun[], shares: readonly Share[], end: RealEnd): Check {
  const own = shares.filter(({ part, source }) => part === 'aa' && source === 'real');
  if (own.length === 0) return withoutRuns(aaTitle, end);
  const metrics = own.filter(({ outcome }) => outcome === 'significant');
  const items = [
    ...metrics.map((share) => shareItem(share, { kind: 'not-above-nominal', familySize: metrics.length })),
    ...own
      .filter(({ outcome }) => outcome === 'verdict')
      .map((share) =>
        shareItem(
          share,
          share.metric === 'any' ? { kind: 'not-above-nominal', familySize: 1 } : { kind: 'shown' },
        ),
      ),
  ];
  const comparisons = own[0]?.runs ?? 0;
  return made(aaTitle, items, [
    `${comparisons} comparisons can show a rate far above 5 %, no more: the interval says how far. Metrics of one run are not independent of each other.`,
    ...runNotes(runs, end),
  ]);
}

/**
 * How large a real slowdown came out, and how often it was found. How often is not judged: it follows from the host’s noise.
 */
export function checkRealAB(runs: readonly RealRun[], shares: readonly Share[], end: RealEnd): Check {
  const own = shares.filter(({ part, source }) => part === 'ab' && source === 'real');
  if (own.length === 0) return withoutRuns(abTitle, end);
  const items = [...slowdownSizes(runs), ...own.map((share) => shareItem(share, { kind: 'shown' }))];
  return made(abTitle, items, [
    'The work of a request is slowed down; HTTP, a few percent of it, is not. Windows are shorter than those of a default run, so the noise is larger. “worse” is after Holm’s correction over all metrics and candidates of a run.',
    ...runNotes(runs, end),
  ]);
}

function withoutRuns(title: typeof aaTitle | typeof abTitle, end: RealEnd): Check {
  return end.kind === 'failed'
    ? made(title, [], [end.message])
    : notMade(title, `a budget of ${end.minutes} minutes left no time for it: give more with --minutes`);
}

function runNotes(runs: readonly RealRun[], end: RealEnd): readonly string[] {
  const repeats = runs.reduce((sum, run) => sum + run.repeats, 0);
  const rounds = runs.reduce((sum, run) => sum + run.rounds, 0);
  return [
    ...(repeats === 0
      ? []
      : [`${repeats} rounds beside the ${rounds} were repeated, because something disturbed them.`]),
    ...(end.kind === 'failed' ? [`Ended early: ${end.message}`] : []),
  ];
}
