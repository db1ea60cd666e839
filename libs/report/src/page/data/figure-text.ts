import type { Comparison, Metric } from '@tare/results';
import { decimalsOf } from '../../number-text.ts';

/** A figure with three significant digits and its unit: "7.12 ms". */
export function figureText(figure: number, unit: string): string {
  const text = figure.toFixed(decimalsOf(figure));
  return unit === '' ? text : `${text} ${unit}`;
}

/** "×0.93": a ratio to the baseline. */
export function factorText(ratio: number): string {
  return `×${ratio.toFixed(decimalsOf(ratio))}`;
}

/** "[0.921, 0.939]" with the decimals of the ratio; empty without an interval. */
export function intervalText({ ratio, ci95 }: Pick<Comparison, 'ratio' | 'ci95'>): string {
  if (ratio === null || ci95 === null) return '';
  const decimals = decimalsOf(ratio);
  return `[${ci95[0].toFixed(decimals)}, ${ci95[1].toFixed(decimals)}]`;
}

/** "p 0.012"; very small ones as "p < 0.001". */
export function probabilityText(p: number | null): string {
  if (p === null) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** "ms, lower is better". */
export function directionText({ unit, direction }: Pick<Metric, 'unit' | 'direction'>): string {
  return [unit, `${direction} is better`].filter((part) => part !== '').join(', ');
}
