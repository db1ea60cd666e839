import { metricCatalogue } from '@tare/results';
import { counted, mean, pairedPower } from '@tare/statistics';
import type { Check, CheckItem, Share, Spread } from '@tare/results/calibration';
import { closeTo, made, notMade, shown } from './check-items.ts';
import type { MetricOutcome, RealComparison, RealEnd, RealRun } from './real-runs.ts';
import { shareItem, shareOf } from './shares.ts';

const aaTitle = {
  id: 'aa-real',
  part: 'aa',
  title: 'Real comparisons of two equal copies',
  unit: '%',
} as const;
const abTitle = { id: 'ab-real', part: 'ab', title: 'Real slowdowns', unit: '%' } as const;

/** How often two copies of the same app came out different in real runs. */
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
    `${counted(comparisons, 'comparison')} can show a rate far above 5 %, no more: the interval says how far. Metrics of one run are not independent of each other.`,
    ...runNotes(runs, end),
  ]);
}

/**
 * How large a real slowdown came out, and how often runs found it. The check does not judge how often, because that depends
 * on the noise of the host.
 */
export function checkRealAB(runs: readonly RealRun[], shares: readonly Share[], end: RealEnd): Check {
  const own = shares.filter(({ part, source }) => part === 'ab' && source === 'real');
  if (own.length === 0) return withoutRuns(abTitle, end);
  const items = [...slowdownSizes(runs), ...own.map((share) => shareItem(share, { kind: 'shown' }))];
  return made(abTitle, items, [
    'The work of a request is slowed down; HTTP, a few percent of it, is not. Windows are shorter than those of a default run, so the noise is larger. “worse” takes an interval that lies beyond the margin.',
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
      : [
          `${counted(repeats, 'round')} beside the ${rounds} ${repeats === 1 ? 'was' : 'were'} repeated, because something disturbed ${repeats === 1 ? 'it' : 'them'}.`,
        ]),
    ...(end.kind === 'failed' ? [`Ended early: ${end.message}`] : []),
  ];
}

const significance = 0.05;
/** The metrics that more work per request changes; startup and memory stay as they are. */
const slowedMetrics = ['throughputRps', 'latencyP50Ms', 'latencyP95Ms', 'latencyP99Ms', 'cpuNetMsPerRequest'];

/**
 * Counts how often real runs found a difference, by slowdown and metric: in A/A (no slowdown) any difference, in A/B the
 * right one. For A/A it also counts comparisons in which any metric differed.
 */
export function countShares(runs: readonly RealRun[]): readonly Share[] {
  const comparisons = runs.flatMap((run) => run.comparisons.map((each) => ({ ...each, rounds: run.rounds })));
  const groups = [...Map.groupBy(comparisons, ({ slowdownPercent }) => slowdownPercent)].toSorted(
    ([one], [other]) => one - other,
  );
  return groups.flatMap(([slowdownPercent, group]) => {
    const keys = metricCatalogue
      .map(({ key }) => key)
      .filter((key) => slowdownPercent === 0 || slowedMetrics.includes(key));
    const design = `${group[0]?.rounds ?? 0} rounds`;
    const counted = {
      part: slowdownPercent === 0 ? 'aa' : 'ab',
      source: 'real',
      design,
      slowdownPercent,
    } as const;
    return [
      ...keys.flatMap((metric) => sharesOfMetric(group, metric, counted)),
      ...(slowdownPercent === 0 ? [anyVerdict(group, counted)] : []),
    ];
  });
}

type Counted = Pick<Share, 'part' | 'source' | 'design' | 'slowdownPercent'>;

function sharesOfMetric(
  group: readonly RealComparison[],
  metric: string,
  counted: Counted,
): readonly Share[] {
  const outcomes = group.flatMap(({ metrics }) => metrics.filter((each) => each.metric === metric));
  if (outcomes.length === 0) return [];
  const known = counted.slowdownPercent > 0;
  const count = (holds: (outcome: MetricOutcome) => boolean): number => outcomes.filter(holds).length;
  const runs = outcomes.length;
  return [
    shareOf({
      ...counted,
      metric,
      runs,
      outcome: 'significant',
      hits: count((each) => isSignificant(each) && (!known || isSlower(each))),
    }),
    shareOf({
      ...counted,
      metric,
      runs,
      outcome: 'verdict',
      hits: count(({ verdict }) => verdict === 'worse' || (!known && verdict === 'better')),
    }),
  ];
}

function anyVerdict(group: readonly RealComparison[], counted: Counted): Share {
  const different = group.filter(({ metrics }) =>
    metrics.some(({ verdict }) => verdict === 'better' || verdict === 'worse'),
  );
  return shareOf({
    ...counted,
    metric: 'any',
    outcome: 'verdict',
    hits: different.length,
    runs: group.length,
  });
}

function isSignificant({ p }: MetricOutcome): boolean {
  return p !== null && p < significance;
}

function isSlower({ metric, ratio }: MetricOutcome): boolean {
  const found = metricCatalogue.find(({ key }) => key === metric);
  return ratio !== null && (found?.direction === 'higher' ? ratio < 1 : ratio > 1);
}

/** The metrics that more work per request changes by a known amount when the server is always busy. */
const sizedMetrics = ['throughputRps', 'latencyP50Ms', 'cpuNetMsPerRequest'];
// wide, because HTTP, a few percent of a request, is not slowed down, and a small budget leaves a percent of noise
const sizeTolerance = { relative: 0.5 };

/**
 * The size of the real slowdowns, in percent of the metric: the geometric mean over all runs beside the expected cost of
 * the extra work. To find a difference is not enough if it has the wrong size. Only the largest slowdown is judged, because
 * noise is too large a part of the others.
 */
export function slowdownSizes(runs: readonly RealRun[]): readonly CheckItem[] {
  const slowed = runs.flatMap(({ comparisons }) => comparisons.filter((each) => each.slowdownPercent > 0));
  const largest = Math.max(...slowed.map(({ slowdownPercent }) => slowdownPercent));
  return [...Map.groupBy(slowed, (each) => each.slowdownPercent)]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([percent, group]) =>
      metricCatalogue
        .filter(({ key }) => sizedMetrics.includes(key))
        .flatMap(({ key, label, direction }) => {
          const logs = group.flatMap(({ metrics: found }) =>
            found.flatMap(({ metric, ratio }) => (metric === key && ratio !== null ? [Math.log(ratio)] : [])),
          );
          if (logs.length === 0) return [];
          const what = `${percent} % more work per request, ${label}: change`;
          const factor = 1 + percent / 100;
          const truth = percentOf(direction === 'higher' ? 1 / factor : factor);
          const reported = percentOf(Math.exp(mean(logs)));
          return [
            percent === largest
              ? closeTo({ what, reported, truth, unit: '%' }, sizeTolerance)
              : shown(what, reported, truth, '%'),
          ];
        }),
    );
}

function percentOf(ratio: number): number {
  return (ratio - 1) * 100;
}

const alpha = 0.05;
const differencePercents = [1, 2, 3, 4, 5, 7.5, 10, 15, 20];

/**
 * What runs of given numbers of rounds can see on this host, from the spread of the real A/A comparisons: per metric the
 * pooled standard deviation of the log-ratios by round, and the power of the paired test at some differences (see
 * `pairedPower`).
 */
export function spreadsOf(runs: readonly RealRun[], rounds: readonly number[]): readonly Spread[] {
  const controls = runs.flatMap(({ comparisons }) =>
    comparisons.filter(({ slowdownPercent }) => slowdownPercent === 0).flatMap(({ metrics }) => metrics),
  );
  return [...Map.groupBy(controls, ({ metric }) => metric)].flatMap(([metric, outcomes]) => {
    const variances = outcomes.flatMap(({ logRatioStdev }) =>
      logRatioStdev === null ? [] : [logRatioStdev ** 2],
    );
    if (variances.length === 0) return [];
    const logRatioStdev = Math.sqrt(mean(variances));
    // without spread a run sees every difference, and the formula of the power does not apply
    if (logRatioStdev === 0) return [];
    return rounds.map((count) => ({
      metric,
      comparisons: variances.length,
      logRatioStdev,
      rounds: count,
      power: differencePercents.map((differencePercent) => ({
        differencePercent,
        powerPercent:
          100 *
          pairedPower({
            rounds: count,
            stdev: logRatioStdev,
            difference: Math.log1p(differencePercent / 100),
            alpha,
          }),
      })),
    }));
  });
}
