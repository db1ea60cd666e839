import { studentTQuantile } from './distributions.ts';
import { mean, requireSample, sampleStandardDeviation } from './estimates.ts';
import {
  decisionOf,
  lookAt,
  looksDone,
  nextLook,
  planLooks,
  requireWithin,
  type DecisionOptions,
  type Look,
  type LookPlan,
  type SequentialDecision,
} from './sequential-decision.ts';
import { marginBounds } from './verdict.ts';

/**
 * How the error is shared: what the whole says alone gets a fifth, enough to find a loss that typical slices hide, and little
 * enough to leave the typical ones their power. Together as much as a plan of one.
 */
const wholeError = 0.01;
const typicalError = 0.035;

/** How sure it must be that the wholes differ by less than two margins before they count as the same: one-sided. */
const sureOfWhole = 0.9;

export type GuardedPlan = { readonly typical: LookPlan; readonly whole: LookPlan };

/** As {@link planLooks}, for {@link decideGuarded}. */
export function planGuardedLooks(mostRounds: number, rounds?: readonly number[]): GuardedPlan {
  const looks = rounds === undefined ? {} : { rounds };
  return {
    typical: planLooks(mostRounds, { ...looks, error: typicalError }),
    whole: planLooks(mostRounds, { ...looks, error: wholeError }),
  };
}

/** One entry for every round in which both sides were measured, in the order of rounds. */
export type GuardedRound = {
  /** Log-ratio of the typical slice, start or slow request: robust, so that disturbances of the host do not move it. */
  readonly typical: number;
  /** Log-ratio of the figure itself, or of what stands for it: requests ÷ time, the mean of all starts, all requests around p95. */
  readonly whole: number;
};

export type GuardedDecision = {
  readonly decision: SequentialDecision['decision'];
  /** Which of the two decided; null while it is open. */
  readonly by: 'typical' | 'whole' | null;
  /** Both at the look that decided, or at the last one while it is open; null before the first. */
  readonly typical: Look | null;
  readonly whole: Look | null;
  readonly nextLook: number | null;
};

/**
 * Decides like `decideSequentially` where two figures of a round stand for one truth, such as requests ÷ time: the whole, which is
 * that truth and which disturbances of the host spread widely, and the typical slice, which they hardly move but which does not see what an
 * environment does to few of its slices (throttling, stalls, collections).
 *
 * The whole decides where it can, by its own small part of the error. Otherwise what the typical slice says counts only when the whole bears it
 * out: its mean lies on the same side of the margin; and for `same`, its difference is also below two margins with 90 %
 * confidence. A loss that typical slices hide therefore keeps a comparison open until the whole tells.
 *
 * Simulated on a host that disturbs one pair of slices in four, with a margin of 2 % and 30 rounds at most: equal copies are the
 * same after 11 rounds on average (by the whole alone, 58 % are open after 30), 5 % more work is found after 7 (17). A candidate
 * that is three times slower for 10 % of the time is worse after 6 to 13 rounds in 100 %, where by typical slices alone it came out the
 * same in up to 56 %. Between one and two margins the guard is weak: a loss of 2.7 % in few slices passes for the same in 19 to
 * 26 %, or in 4 to 7 % when the whole is taken less its disturbances (`logRatioLessDisturbance`).
 * @throws RangeError for figures that are NaN or infinite, a negative margin, more rounds than the plan has.
 */
export function decideGuarded(
  rounds: readonly GuardedRound[],
  { plan, margin, direction, end }: Omit<DecisionOptions, 'plan'> & { readonly plan: GuardedPlan },
): GuardedDecision {
  const n = rounds.length;
  requireWithin(n, plan.typical);
  const wholes = rounds.map(({ whole }) => whole);
  const typicals = rounds.map(({ typical }) => typical);
  const looksOfWhole = looksDone(n, plan.whole, end);
  let last: Pick<GuardedDecision, 'typical' | 'whole'> = { typical: null, whole: null };
  for (const [place, planned] of looksDone(n, plan.typical, end).entries()) {
    const ofWhole = looksOfWhole[place];
    const seen = wholes.slice(0, planned.rounds);
    const typical = lookAt(typicals.slice(0, planned.rounds), planned);
    const whole = ofWhole === undefined ? null : lookAt(seen, ofWhole);
    last = { typical, whole };
    const byWhole = whole === null ? 'open' : decisionOf(whole.interval, margin, direction);
    if (byWhole !== 'open') return { decision: byWhole, by: 'whole', ...last, nextLook: null };
    const byTypical = typical === null ? 'open' : decisionOf(typical.interval, margin, direction);
    if (byTypical !== 'open' && bearsOut(seen, byTypical, margin, direction)) {
      return { decision: byTypical, by: 'typical', ...last, nextLook: null };
    }
  }
  return { decision: 'open', by: null, ...last, nextLook: nextLook(n, plan.typical, end) };
}

function bearsOut(
  wholes: readonly number[],
  decision: SequentialDecision['decision'],
  margin: number,
  direction: DecisionOptions['direction'],
): boolean {
  requireSample(wholes, 'decideGuarded', 2);
  const centre = mean(wholes);
  const ratio = Math.exp(centre);
  if (decisionOf([ratio, ratio], margin, direction) !== decision) return false;
  if (decision !== 'same') return true;
  const n = wholes.length;
  const reach = (studentTQuantile(sureOfWhole, n - 1) * sampleStandardDeviation(wholes)) / Math.sqrt(n);
  return Math.abs(centre) + reach < 2 * Math.log(marginBounds(margin)[1]);
}
