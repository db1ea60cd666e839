import { increasingRoot } from '../distributions/increasing-root.ts';
import { noncentralTBeyond } from '../distributions/noncentral-t.ts';
import { studentTQuantile } from '../distributions/student-t.ts';
import { requireNotNegative, requireRate, requireWhole } from '../estimates/require-number.ts';

export type DetectionAim = {
  /** At least 2. */
  readonly rounds: number;
  /** Of the differences by round. */
  readonly stdev: number;
  /** Two-sided significance level, 0.05 by default. */
  readonly alpha?: number;
  /** Share of such runs that find the difference, 0.8 by default; above alpha. */
  readonly power?: number;
};

/**
 * The smallest true difference that a run finds with the given power, in the unit of `stdev`: the inverse of
 * {@link pairedPower} in its difference, as R's power.t.test(type = "paired", strict = TRUE) gives it.
 * @throws RangeError for rounds that are not a whole number of 2 or more, a negative stdev, an alpha outside 0 … 1, and a
 * power that is not between alpha and 1.
 */
export function minimumDetectableDifference({
  rounds,
  stdev,
  alpha = 0.05,
  power = 0.8,
}: DetectionAim): number {
  requireWhole(rounds, 2, 'minimumDetectableDifference: rounds');
  requireNotNegative(stdev, 'minimumDetectableDifference: stdev');
  requireRate(alpha, 'minimumDetectableDifference: alpha');
  if (!(power > alpha && power < 1)) {
    throw new RangeError(`minimumDetectableDifference: power is ${power}, expected between alpha and 1`);
  }
  const degreesOfFreedom = rounds - 1;
  const critical = studentTQuantile(1 - alpha / 2, degreesOfFreedom);
  const excess = (noncentrality: number) =>
    noncentralTBeyond(critical, degreesOfFreedom, noncentrality) - power;
  let enough = critical;
  while (excess(enough) < 0) enough *= 2;
  return (increasingRoot(excess, 0, enough) * stdev) / Math.sqrt(rounds);
}
