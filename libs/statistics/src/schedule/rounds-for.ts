import { studentTQuantile } from '../distributions/student-t.ts';
import {
  requireNotNegative,
  requirePositive,
  requireRate,
  requireWhole,
} from '../estimates/require-number.ts';

export type PrecisionAim = {
  /** Standard deviation of the log-ratios of the pilot. */
  readonly pilotStdev: number;
  /** Rounds of the pilot, at least 2. */
  readonly pilotN: number;
  /** Wanted half-width of the interval, in the unit of `pilotStdev`: ln(1.02) for ± 2 %. */
  readonly halfWidth: number;
  /** 0.95 */
  readonly confidence: number;
};

/**
 * How many rounds to make in all, the pilot's included, decided once: max(n₀, ⌈(t · s / w)²⌉), with s and the degrees of
 * freedom n₀ − 1 of t from the pilot alone (Stein 1945, "A Two-Sample Test for a Linear Hypothesis Whose Power is
 * Independent of the Variance"). That the number does not depend on the means is what keeps the later test honest.
 *
 * The caller sets bounds; the number may exceed any of them, up to Infinity.
 * @throws RangeError for a negative stdev, a pilot of fewer than 2 rounds, a half-width that is not above 0, a confidence
 * outside 0 … 1.
 */
export function roundsFor({ pilotStdev, pilotN, halfWidth, confidence }: PrecisionAim): number {
  requireNotNegative(pilotStdev, 'roundsFor: pilotStdev');
  requireWhole(pilotN, 2, 'roundsFor: pilotN');
  requirePositive(halfWidth, 'roundsFor: halfWidth');
  requireRate(confidence, 'roundsFor: confidence');
  const t = studentTQuantile((1 + confidence) / 2, pilotN - 1);
  return Math.max(pilotN, Math.ceil(((t * pilotStdev) / halfWidth) ** 2));
}
