import { asDecided, type Comparison } from '@tare/results';
import { metricNoun, metricOf, sidesOf } from './shown-metrics.ts';
import { decimalsOf, figureText, withMarks } from './words.ts';

/** How far a candidate is from its baseline, ready to be put into a sentence. */
export type Difference =
  /** "3.1 % ± 0.8 %", "lower". */
  | { readonly kind: 'percent'; readonly percent: number; readonly amount: string; readonly side: string }
  /** "3.28 times", " [2.93, 3.68]" or "". */
  | { readonly kind: 'times'; readonly ratio: number; readonly factor: string; readonly interval: string };

type Compared = Pick<Comparison, 'metric' | 'ratio' | 'ci95' | 'look'>;

/** From twice as much on, and from half on, a ratio reads better than a percentage. */
const largeRatio = 2;
/** Halves of an interval that differ by more than this are not told as one. */
const mostLopsided = 1.25;

/** The difference of a comparison; null when it has no ratio. Its interval is left out where there is none. */
export function differenceOf(comparison: Compared): Difference | null {
  const { metric, ratio, ci95 } = asDecided(comparison);
  if (ratio === null) return null;
  if (isLarge(ratio)) {
    const decimals = decimalsOf(ratio);
    const interval = ci95 === null ? '' : ` [${ci95.map((bound) => bound.toFixed(decimals)).join(', ')}]`;
    return { kind: 'times', ratio, factor: `${ratio.toFixed(decimals)} times`, interval };
  }
  const { more, less } = sidesOf(metric);
  const percent = Math.abs(ratio - 1) * 100;
  return { kind: 'percent', percent, amount: amountText(ratio, ci95), side: ratio < 1 ? less : more };
}

/**
 * Where the truth may lie: "between 1.2 % lower and 4.5 % higher than native", "between 3.8 % and 9.4 % longer than
 * native", "between 0.80 and 5.10 times that of native"; null without an interval. By the interval that decides.
 * @param baseline undefined where it is clear.
 */
export function rangeWords({ metric, ci95, look }: Compared, baseline: string | undefined): string | null {
  const than = baseline === undefined ? '' : ` than ${baseline}`;
  const range = look?.interval ?? ci95;
  if (range === null) return null;
  const [low, high] = range;
  if (isLarge(low) || isLarge(high)) {
    const decimals = decimalsOf(high);
    return `between ${low.toFixed(decimals)} and ${high.toFixed(decimals)} times${baseline === undefined ? '' : ` that of ${baseline}`}`;
  }
  const { more, less } = sidesOf(metric);
  const decimals = percentDecimals(((high - low) / 2) * 100);
  const sided = range.map((bound) => {
    const text = percentText(Math.abs(bound - 1) * 100, decimals);
    // what rounds to nothing has no side
    return { text, side: Number.parseFloat(text) === 0 ? undefined : bound < 1 ? less : more };
  });
  const [from, to] = low < 1 && high <= 1 ? sided.toReversed() : sided;
  if (from === undefined || to === undefined) return null;
  const isOneSided = from.side === undefined || to.side === undefined || from.side === to.side;
  return isOneSided
    ? `between ${from.text} and ${to.text} ${to.side ?? from.side ?? more}${than}`
    : `between ${from.text} ${from.side} and ${to.text} ${to.side}${than}`;
}

/**
 * The same for a table: "−2.3 to +0.9 %", "×0.80 to ×5.10"; of all time counted where `interval` is that one. Empty without an
 * interval.
 */
export function boundsText(
  { ci95, look }: { readonly ci95: readonly [number, number] | null; readonly look?: Compared['look'] },
  interval: readonly [number, number] | null = look?.interval ?? ci95,
): string {
  if (interval === null) return '';
  const [low, high] = interval;
  if (isLarge(low) || isLarge(high)) {
    const decimals = decimalsOf(high);
    return `×${low.toFixed(decimals)} to ×${high.toFixed(decimals)}`;
  }
  const decimals = percentDecimals(((high - low) / 2) * 100);
  return `${signedPercent(low, decimals)} to ${signedPercent(high, decimals)} %`;
}

function signedPercent(ratio: number, decimals: number): string {
  const text = Math.abs((ratio - 1) * 100).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${ratio < 1 ? '−' : '+'}${text}`;
}

/** "12 %", "3.1 %": a percentage without an interval, with as many digits as a sentence wants. */
export function roundPercent(percent: number): string {
  return percentText(percent, percent >= 9.95 ? 0 : 1);
}

/** "5 %", "0.5 %" from a share such as a margin. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Whether a ratio reads better as a factor than as a percentage. */
export function isLarge(ratio: number): boolean {
  return ratio >= largeRatio || ratio <= 1 / largeRatio;
}

function amountText(ratio: number, ci95: Comparison['ci95']): string {
  const percent = Math.abs(ratio - 1) * 100;
  if (ci95 === null) return roundPercent(percent);
  const [low, high] = ci95;
  const halves = [(ratio - low) * 100, (high - ratio) * 100].toSorted((a, b) => a - b);
  const [shorter = 0, longer = 0] = halves;
  const half = (shorter + longer) / 2;
  const decimals = percentDecimals(half);
  const center = percentText(percent, decimals);
  if (Number(half.toFixed(decimals)) === 0) return center;
  // a tenth of a percent point cannot be lopsided to a reader
  if (longer <= shorter * mostLopsided || longer - shorter < 0.1) {
    return `${center} ± ${percentText(half, decimals)}`;
  }
  const bounds = [low, high]
    .map((bound) => (ratio < 1 ? 1 - bound : bound - 1) * 100)
    .toSorted((a, b) => a - b);
  return `${center} (${bounds.map((bound) => signed(bound, decimals)).join(' to ')} %)`;
}

function percentDecimals(halfWidth: number): number {
  if (halfWidth >= 10) return 0;
  return halfWidth >= 0.1 || halfWidth === 0 ? 1 : halfWidth >= 0.01 ? 2 : 3;
}

function percentText(percent: number, decimals: number): string {
  return `${percent.toFixed(decimals)} %`;
}

/** Without "-0.0". */
function signed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

const quantile = /^latency(P\d+)Ms$/;

/** "throughput, latency p50/p95/p99, net memory" as a list: quantiles of latency share one entry. */
export function groupedNouns(metrics: readonly Measured[]): readonly string[] {
  return groupQuantiles(metrics).map(nounOf);
}

/** How much a sentence says: with intervals; without; only the tare where it has a unit that people add up. */
export type Detail = 'full' | 'brief' | 'short';

/**
 * Metrics with how far they are apart, as a list that begins with those whose tare is known: "+322 ms startup (3.46 times)",
 * "throughput (3.1 % ± 0.8 % lower)", "latency p50/p95 (16 to 17 % higher)".
 * Quantiles of latency that differ to the same side share one entry and have no intervals.
 * @param tareOf how much more a metric is than the baseline's, in its unit; undefined where that is not known.
 */
export function groupedDifferences(
  comparisons: readonly Comparison[],
  detail: Detail,
  tareOf: (metric: string) => number | undefined = () => undefined,
): readonly string[] {
  const items = groupQuantiles(comparisons).flatMap((group) => {
    const alone = group.length === 1 ? undefined : sharedDifference(group);
    if (alone !== undefined) return [{ hasTare: false, text: told(nounOf(group), alone, detail) }];
    return group.map((each) => {
      const tare = tareText(each, tareOf);
      const noun = metricNoun(each.metric);
      const difference = differenceText(each, detail === 'full');
      if (tare === '') return { hasTare: false, text: told(noun, difference, detail) };
      const start = `${tare} ${noun}`;
      return { hasTare: true, text: detail === 'short' ? start : withMarks(start, [difference]) };
    });
  });
  return items.toSorted((a, b) => Number(b.hasTare) - Number(a.hasTare)).map(({ text }) => text);
}

function told(noun: string, difference: string, detail: Detail): string {
  return detail === 'short' ? `${noun} ${difference}`.trimEnd() : withMarks(noun, [difference]);
}

/**
 * "+322 ms" in the unit of the metric. Empty for rates, which nobody adds up, where it is not known, and where the means lie to
 * another side than the ratio by rounds, which decides.
 */
function tareText(comparison: Compared, tareOf: (metric: string) => number | undefined): string {
  const { metric, ratio } = asDecided(comparison);
  const unit = metricOf(metric)?.unit ?? '';
  const tare = tareOf(metric);
  if (tare === undefined || tare === 0 || !tareUnits.includes(unit)) return '';
  if (ratio === null || tare < 0 !== ratio < 1) return '';
  return `${tare < 0 ? '−' : '+'}${figureText(Math.abs(tare), unit)}`;
}

const tareUnits: readonly string[] = ['ms', 'MiB'];

type Measured = { readonly metric: string };

function groupQuantiles<T extends Measured>(all: readonly T[]): readonly (readonly T[])[] {
  const groups = Map.groupBy(all, ({ metric }) => (quantile.test(metric) ? 'quantiles of latency' : metric));
  return [...groups.values()];
}

function nounOf(group: readonly Measured[]): string {
  if (group.length === 1) return metricNoun(group[0]?.metric ?? '');
  return `latency ${group.map(({ metric }) => (quantile.exec(metric)?.[1] ?? metric).toLowerCase()).join('/')}`;
}

/** "3.1 % ± 0.8 % lower", "3.28 times [2.93, 3.68]"; empty without a ratio. */
export function differenceText(comparison: Compared, withInterval: boolean): string {
  const difference = differenceOf(comparison);
  if (difference === null) return '';
  if (difference.kind === 'times') return `${difference.factor}${withInterval ? difference.interval : ''}`;
  const amount = withInterval ? difference.amount : roundPercent(difference.percent);
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
