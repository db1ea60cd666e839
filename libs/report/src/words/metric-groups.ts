import type { Comparison } from '@tare/results';
import { decimalsOf } from '../number-text.ts';
import { differenceOf, roundPercent } from './difference.ts';
import type { Difference } from './difference.ts';
import { metricNoun } from './metric-noun.ts';

const quantile = /^latency(P\d+)Ms$/;

/** "throughput, latency p50/p95/p99, net memory" as a list: quantiles of latency share one entry. */
export function groupedNouns(metrics: readonly string[]): readonly string[] {
  return groupQuantiles(metrics.map((metric) => ({ metric }))).map((group) => nounOf(group));
}

/**
 * Metrics with how far they are apart, as a list: "throughput (3.1 % ± 0.8 % lower)", "latency p50/p95 (16 to 17 % higher)".
 * Quantiles of latency that differ to the same side share one entry and have no intervals.
 */
export function groupedDifferences(
  comparisons: readonly Comparison[],
  withIntervals: boolean,
): readonly string[] {
  return groupQuantiles(comparisons).flatMap((group) => {
    const alone = group.length === 1 ? undefined : sharedDifference(group);
    if (alone !== undefined) return [`${nounOf(group)} (${alone})`];
    return group.map((comparison) => {
      const text = differenceText(differenceOf(comparison), withIntervals);
      return `${metricNoun(comparison.metric)}${text === '' ? '' : ` (${text})`}`;
    });
  });
}

type Measured = { readonly metric: string };

function groupQuantiles<T extends Measured>(all: readonly T[]): readonly (readonly T[])[] {
  const groups = Map.groupBy(all, ({ metric }) => (quantile.test(metric) ? 'quantiles of latency' : metric));
  return [...groups.values()];
}

function nounOf(group: readonly Measured[]): string {
  if (group.length === 1) return metricNoun(group[0]?.metric ?? '');
  return `latency ${group.map(({ metric }) => (quantile.exec(metric)?.[1] ?? metric).toLowerCase()).join('/')}`;
}

function differenceText(difference: Difference | null, withIntervals: boolean): string {
  if (difference === null) return '';
  if (difference.kind === 'times') return `${difference.factor}${withIntervals ? difference.interval : ''}`;
  const amount = withIntervals ? difference.amount : roundPercent(difference.percent);
  return `${amount} ${difference.side}`;
}

/** "16 to 17 % higher", "5.96 to 6.05 times"; undefined when not all are told in the same way. */
function sharedDifference(group: readonly Comparison[]): string | undefined {
  const differences = group.flatMap((comparison) => differenceOf(comparison) ?? []);
  const ratios = differences.flatMap((each) => (each.kind === 'times' ? each.ratio : []));
  const percents = differences.filter((each) => each.kind === 'percent');
  if (ratios.length === group.length) {
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    const decimals = decimalsOf(most);
    return `${between(least.toFixed(decimals), most.toFixed(decimals))} times`;
  }
  const sides = new Set(percents.map(({ side }) => side));
  if (percents.length !== group.length || sides.size !== 1) return undefined;
  const values = percents.map(({ percent }) => percent);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const decimals = most >= 9.95 ? 0 : 1;
  return `${between(least.toFixed(decimals), most.toFixed(decimals))} % ${[...sides].join('')}`;
}

function between(least: string, most: string): string {
  return least === most ? most : `${least} to ${most}`;
}
