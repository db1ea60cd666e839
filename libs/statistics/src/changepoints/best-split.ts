import { energyOf } from './energy-statistic.ts';

/** Where a stretch of a series parts best, and how far its parts are from each other. */
export type Split = {
  /** Place of the first value after the split. */
  readonly index: number;
  /** Largest energy statistic over all ends of the right part, in the unit of the values. */
  readonly statistic: number;
};

/**
 * The split of values[start … end) with the largest energy statistic: the maximum over its place τ and over the end κ of the
 * right part (Matteson & James 2014, equation 7), so that a later change does not hide an earlier one. The first of equals.
 * Costs O(n²) time and O(n) memory: the sums of distances for one τ follow from those for the one before.
 * @param minimumSegment fewest values of each part, at least 2.
 * @returns null when the stretch is too short for two parts.
 */
export function bestSplit(
  values: ArrayLike<number>,
  start: number,
  end: number,
  minimumSegment: number,
): Split | null {
  const n = end - start;
  if (n < 2 * minimumSegment) return null;
  const at = (place: number): number => values[start + place] ?? NaN;

  // toLeft[j]: distances of value j to the values before τ. withinFirst[k]: distances within the first k values.
  const toLeft = new Float64Array(n);
  const withinFirst = new Float64Array(n + 1);
  for (let j = 1; j < n; j += 1) {
    let toEarlier = 0;
    for (let i = 0; i < j; i += 1) toEarlier += Math.abs(at(i) - at(j));
    withinFirst[j + 1] = (withinFirst[j] ?? 0) + toEarlier;
  }

  let best: Split | null = null;
  for (let tau = 1; tau <= n - minimumSegment; tau += 1) {
    const added = at(tau - 1);
    for (let j = tau; j < n; j += 1) toLeft[j] = (toLeft[j] ?? 0) + Math.abs(added - at(j));
    if (tau < minimumSegment) continue;
    const withinLeft = withinFirst[tau] ?? 0;
    let between = 0;
    for (let kappa = tau + 1; kappa <= n; kappa += 1) {
      between += toLeft[kappa - 1] ?? 0;
      if (kappa - tau < minimumSegment) continue;
      const withinRight = (withinFirst[kappa] ?? 0) - withinLeft - between;
      const statistic = energyOf(tau, kappa - tau, between, withinLeft, withinRight);
      if (best === null || statistic > best.statistic) best = { index: start + tau, statistic };
    }
  }
  return best;
}
