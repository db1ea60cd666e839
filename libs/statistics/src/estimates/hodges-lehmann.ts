import { median } from './quantile.ts';
import { requireSample } from './require-sample.ts';

/**
 * Centre of a symmetric sample, in the unit of the values: the median of the Walsh averages (xᵢ + xⱼ) / 2, i ≤ j (Hodges &
 * Lehmann 1963, "Estimates of Location Based on Rank Tests"). Up to 29 % of the values may be wild without carrying it away.
 * Takes O(n²) memory.
 * @throws RangeError for no values, NaN or infinity.
 */
export function hodgesLehmann(values: readonly number[]): number {
  requireSample(values, 'hodgesLehmann');
  return median(values.flatMap((x, i) => values.slice(i).map((y) => x / 2 + y / 2)));
}
