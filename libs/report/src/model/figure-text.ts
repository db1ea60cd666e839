import type { Comparison, Metric, MetricSummary } from '@tare/results';

const significantDigits = 3;
const mostDecimals = 9;

/**
 * How many decimals show a value with three significant digits. Digits before the point are never rounded away:
 * 7123.4 is shown as 7123.
 */
export function decimalsOf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const exponent = Number(value.toExponential(significantDigits - 1).split('e')[1]);
  return Math.min(Math.max(significantDigits - 1 - exponent, 0), mostDecimals);
}

/** "7.12 ms": a figure with three significant digits and its unit. */
export function figureText(figure: number, unit = ''): string {
  const text = figure.toFixed(decimalsOf(figure));
  return unit === '' ? text : `${text} ${unit}`;
}

/** "12.3 ± 0.4": mean and standard deviation over trials, with the decimals of the mean; one trial has no "±". */
export function meanText({ mean, stdev }: Pick<MetricSummary, 'mean' | 'stdev'>): string {
  const decimals = decimalsOf(mean === 0 ? (stdev ?? 0) : mean);
  return stdev === null ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${stdev.toFixed(decimals)}`;
}

/** "×0.93": a ratio to the baseline. */
export function factorText(ratio: number): string {
  return `×${figureText(ratio)}`;
}

/** "[0.921, 0.939]" with the decimals of its centre; empty without an interval. */
export function intervalText(centre: number | null, interval: readonly [number, number] | null): string {
  if (centre === null || interval === null) return '';
  const decimals = decimalsOf(centre);
  return `[${interval[0].toFixed(decimals)}, ${interval[1].toFixed(decimals)}]`;
}

/** "×1.23 [1.18, 1.29]": ratio to the baseline with its 95 % interval; empty when there is no ratio. */
export function ratioText({ ratio, ci95 }: Pick<Comparison, 'ratio' | 'ci95'>): string {
  return ratio === null ? '' : `${factorText(ratio)} ${intervalText(ratio, ci95)}`.trimEnd();
}

/** "0.012"; very small ones as "< 0.001", none as nothing. */
export function probabilityText(p: number | null): string {
  if (p === null) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** "ms, lower is better". */
export function directionText({ unit, direction }: Pick<Metric, 'unit' | 'direction'>): string {
  return [unit, `${direction} is better`].filter((part) => part !== '').join(', ');
}

/** The median; NaN without a figure. */
export function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? NaN, sorted[Math.floor(middle)] ?? NaN];
  return (low + high) / 2;
}
