import { requireSample } from '../estimates/require-sample.ts';

/**
 * How far apart two samples are as wholes, in the unit of their values: Q̂ of Matteson & James 2014, "A Nonparametric
 * Approach for Multiple Change Point Analysis of Multivariate Data", equation 6, with α = 1 and one dimension:
 * n·m/(n+m) · (2·mean |x − y| − mean |x − x′| − mean |y − y′|), the means over all pairs of different members.
 * About 0, at times below it, when both come from the same distribution.
 * @throws RangeError for fewer than 2 values on a side, NaN or infinity.
 */
export function energyStatistic(left: readonly number[], right: readonly number[]): number {
  requireSample(left, 'energyStatistic: left', 2);
  requireSample(right, 'energyStatistic: right', 2);
  const between = left.reduce((sum, x) => sum + distancesTo(x, right), 0);
  return energyOf(left.length, right.length, between, withinSum(left), withinSum(right));
}

/** The statistic from the sums of distances: between the sides, and within each, every pair counted once. */
export function energyOf(
  leftCount: number,
  rightCount: number,
  between: number,
  withinLeft: number,
  withinRight: number,
): number {
  const distance =
    (2 * between) / (leftCount * rightCount) -
    (2 * withinLeft) / (leftCount * (leftCount - 1)) -
    (2 * withinRight) / (rightCount * (rightCount - 1));
  return ((leftCount * rightCount) / (leftCount + rightCount)) * distance;
}

function distancesTo(x: number, others: readonly number[]): number {
  return others.reduce((sum, other) => sum + Math.abs(x - other), 0);
}

function withinSum(values: readonly number[]): number {
  return values.reduce((sum, value, place) => sum + distancesTo(value, values.slice(0, place)), 0);
}
