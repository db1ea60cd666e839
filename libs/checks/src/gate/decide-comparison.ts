import type { GateComparison } from '@tare/results';
import {
  fewestRounds,
  marginBounds,
  roundsFor,
  verdictOf,
  type Direction,
  type Interval,
} from '@tare/statistics';

/** What a decision about one metric is made of. */
export type GateEvidence = {
  /** Rounds in which both sides were measured. */
  readonly n: number;
  /** Head ÷ base. */
  readonly ratio: number | null;
  /** Of the ratio. */
  readonly ci95: Interval | null;
  readonly ci90: Interval | null;
  /** Adjusted for all that is decided. */
  readonly p: number | null;
  readonly logRatioStdev: number | null;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
  /** The smallest worsening that matters to the gate, as a share. */
  readonly threshold: number;
  readonly direction: Direction;
};

type Decided = Pick<GateComparison, 'decision' | 'roundsMore'>;

const confidence = 0.95;
/** More rounds than that are out of reach. */
const mostRounds = 1000;

/**
 * Decides about one metric.
 * - regression: the adjusted p is below 0.05 and the whole 95 % interval lies beyond the margin, on the bad side.
 * - pass: the whole 95 % interval of the worsening lies below the threshold. Better is a pass too.
 * - undecided: in between. So many rounds more would shrink the interval to one of the two, if ratio and spread stay.
 * @throws RangeError for a margin below 0, NaN or infinity.
 */
export function decideComparison(evidence: GateEvidence): Decided {
  if (verdictOf(evidence) === 'worse') return { decision: 'regression', roundsMore: null };
  const { ci95, n, threshold } = evidence;
  const most = ci95 === null ? Number.POSITIVE_INFINITY : Math.max(...ci95.map(worseningOf(evidence)));
  if (n >= fewestRounds && most < Math.log1p(threshold)) return { decision: 'pass', roundsMore: null };
  return { decision: 'undecided', roundsMore: roundsMore(evidence) };
}

/** @returns the worsening of a ratio on the scale of logarithms: above 0 is worse, ×1.1 and ÷1.1 are as far apart. */
function worseningOf({ direction }: Pick<GateEvidence, 'direction'>): (ratio: number) => number {
  return (ratio) => (direction === 'lower' ? Math.log(ratio) : -Math.log(ratio));
}

/** By Stein's rule, with the half-width that the nearer of the two decisions wants. */
function roundsMore(evidence: GateEvidence): number | null {
  const { ratio, n, logRatioStdev, margin, threshold } = evidence;
  if (ratio === null || logRatioStdev === null || n < 2) return null;
  const worsening = worseningOf(evidence)(ratio);
  const halfWidth = Math.max(
    Math.log1p(threshold) - worsening,
    worsening - Math.log(marginBounds(margin)[1]),
  );
  if (halfWidth <= 0) return null;
  const rounds = roundsFor({ pilotStdev: logRatioStdev, pilotN: n, halfWidth, confidence });
  return rounds > mostRounds ? null : Math.max(rounds, fewestRounds, n + 1) - n;
}
