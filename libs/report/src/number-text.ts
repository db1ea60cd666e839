import type { Comparison, MetricSummary } from '@tare/results';

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

/** "12.3 ± 0.4": mean and standard deviation over trials, the latter with the decimals of the former; one trial has no "±". */
export function meanText({ mean, stdev }: Pick<MetricSummary, 'mean' | 'stdev'>): string {
  const decimals = decimalsOf(mean === 0 ? (stdev ?? 0) : mean);
  return stdev === null ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${stdev.toFixed(decimals)}`;
}

/** "×1.23 [1.18, 1.29]": ratio to the baseline with its 95 % interval; empty when there is no ratio. */
export function ratioText({ ratio, ci95 }: Pick<Comparison, 'ratio' | 'ci95'>): string {
  if (ratio === null) return '';
  const decimals = decimalsOf(ratio);
  const interval = ci95 === null ? '' : ` [${ci95[0].toFixed(decimals)}, ${ci95[1].toFixed(decimals)}]`;
  return `×${ratio.toFixed(decimals)}${interval}`;
}
