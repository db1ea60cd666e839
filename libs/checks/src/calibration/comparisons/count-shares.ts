import { metricCatalogue } from '@tare/results';
import type { Share } from '../result/calibration-file.ts';
import { shareOf } from '../result/share.ts';
import type { MetricOutcome, RealComparison, RealRun } from './real-comparison.ts';

const significance = 0.05;
/** What more work per request changes; startup and memory stay as they are. */
const slowedMetrics = ['throughputRps', 'latencyP50Ms', 'latencyP95Ms', 'latencyP99Ms', 'cpuNetMsPerRequest'];

/**
 * Counts how often real runs found a difference, by slowdown and metric: in A/A (no slowdown) any, in A/B the right one.
 * In A/A also how often any metric of a comparison did.
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
