import { studentTQuantile } from './distributions.ts';
import { levelsOfLooks, powerSpending } from './error-spending.ts';
import { mean, requireRate, requireSample, requireWhole, sampleStandardDeviation } from './estimates.ts';
import type { Interval } from './estimates.ts';
import { fewestRounds } from './sign-flip.ts';
import { beyondMargin, isEquivalent, type Direction, type Verdict } from './verdict.ts';

/** The rounds at which what is open is looked at again. */
const usualLooks = [6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100];

/**
 * Chance that a comparison whose truth lies on the margin is decided wrongly: half of it for each of the two sides, worse (or
 * better) and same. Not 0.05, because the levels are those of normal values and are applied to t: with 0.05, 5.4 % of 20,000
 * simulated comparisons were, with 0.045 4.9 %.
 */
const usualError = 0.045;

/**
 * Between spending evenly (exponent 1) and late (3). Of 20,000 simulated comparisons of equals with 30 rounds at most, a spread
 * of 1.25 margins leaves 5.1 % open with 1, 4.0 % with 1.5, 3.2 % with 2, 6.6 % with Pocock-like spending; a spread of
 * half a margin, which most metrics have, takes 7.2, 7.8, 8.5 and 6.8 rounds. All hold the same level.
 */
export const spending = powerSpending(1.5);

export type PlannedLook = {
  readonly rounds: number;
  /** One-sided level of the test in this look. */
  readonly level: number;
  /** Error of both sides together that is spent with it. */
  readonly spent: number;
};

export type LookPlan = {
  /** Rounds after which there is no other look. */
  readonly mostRounds: number;
  /** Error that all looks together spend. */
  readonly error: number;
  /** None when there are fewer than 6 rounds. */
  readonly looks: readonly PlannedLook[];
};

export type PlanOptions = {
  /** Rounds of the looks, rising; 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100 as far as they go, and the most, by default. */
  readonly rounds?: readonly number[];
  /** Error of both sides together, 0.045 by default. */
  readonly error?: number;
};

/**
 * At which rounds to look, and with what level.
 * @param mostRounds the most rounds that there will be: the share of them that is measured says how much error may be spent. When a
 * budget of time will end the run earlier, what it has room for.
 * @throws RangeError for looks that do not rise from 6 to `mostRounds`, naming the look, and an error outside 0 … 1.
 */
export function planLooks(mostRounds: number, options: PlanOptions = {}): LookPlan {
  requireWhole(mostRounds, 1, 'planLooks: mostRounds');
  const { rounds = looksUpTo(mostRounds), error = usualError } = options;
  requireRate(error, 'planLooks: error');
  rounds.forEach((look, place) => {
    const least = Math.max(fewestRounds, (rounds[place - 1] ?? 0) + 1);
    requireWhole(look, least, `planLooks: look ${place}`);
    if (look > mostRounds) {
      throw new RangeError(`planLooks: look ${place} is at ${look} rounds, expected at most ${mostRounds}`);
    }
  });
  const key = JSON.stringify([mostRounds, error, rounds]);
  const plan = plans.get(key) ?? { mostRounds, error, looks: withLevels(rounds, { mostRounds, error }) };
  plans.set(key, plan);
  return plan;
}

// the levels of a plan take some 100 ms, and every comparison of a run has the same
const plans = new Map<string, LookPlan>();

function looksUpTo(mostRounds: number): number[] {
  if (mostRounds < fewestRounds) return [];
  return [...usualLooks.filter((look) => look < mostRounds), mostRounds];
}

function withLevels(
  rounds: readonly number[],
  { mostRounds, error }: Pick<LookPlan, 'mostRounds' | 'error'>,
): PlannedLook[] {
  const shares = rounds.map((look) => look / mostRounds);
  const levels = levelsOfLooks(shares, error / 2, spending);
  return rounds.map((look, place) => ({
    rounds: look,
    level: levels[place] ?? 0,
    spent: error * spending(shares[place] ?? 0),
  }));
}

export type DecisionOptions = {
  readonly plan: LookPlan;
  /** Relative difference that does not matter, as a share: 0.05 for 5 %. With 0 nothing is the same. */
  readonly margin: number;
  readonly direction: Direction;
  /**
   * No more rounds will come, so that there is a last look at all of them. After `budget`, which ends a run blind to its
   * figures, it spends all the error that is left; after `interrupted`, when somebody may have seen the figures, only
   * what is due by this share of the most rounds.
   */
  readonly end?: 'budget' | 'interrupted' | undefined;
};

export type Look = PlannedLook & {
  /** Candidate ÷ baseline: geometric mean of the ratios by round. */
  readonly ratio: number;
  /**
   * The ratios that a look at this level does not exclude. The intervals of all looks hold the truth together with 95 %
   * (repeated confidence intervals, Jennison & Turnbull 1989).
   */
  readonly interval: Interval;
  /** The smallest margin within which the two are the same by this interval, as a share. */
  readonly sameWithin: number;
};

export type SequentialDecision = {
  readonly decision: Exclude<Verdict, 'undecided'> | 'open';
  /** The look that decided, or the last one while it is open; null before the first. */
  readonly look: Look | null;
  /** Rounds at the next planned look; null once decided, and when no other look will come. */
  readonly nextLook: number | null;
};

/**
 * Decides on paired rounds against the margin δ as soon as they tell: worse, same, better, or open so far. One repeated
 * confidence interval of the mean log-ratio θ decides: wholly beyond the margin, or wholly inside it. The three cannot all be
 * wrong at once: a truth beyond the margin makes `same` an error, one inside makes the others one, and only on the margin can
 * two of them be wrong, with 2.5 % each. So no correction for three tests is due.
 *
 * Intervals are Student's t with the levels of the plan. The sign-flip test could not decide at the first look, where its smallest
 * one-sided p is 1/64, and holds its level no better. Wrong, of comparisons on the margin: 4.9 % with normal noise (4.5 to 5.0 % for 6 to 60 rounds at most), 3 % where one round of four is
 * disturbed five times as much. The rounds of both sides must scatter alike: where only the candidate has slow rounds, it is 7 % (skewness
 * 1.25) to 13 % (skewness 2), mostly towards `same` or `better`; in a real run of 14 rounds 2 of 27 comparisons, both of memory,
 * had a skewness of 1.25 or more.
 *
 * What a look decides stays decided, whatever later rounds say.
 * @param logRatios ln candidate − ln baseline of every round in which both were measured, in the order of rounds.
 * @throws RangeError for values that are NaN or infinite, a negative margin, more rounds than the plan has.
 */
export function decideSequentially(
  logRatios: readonly number[],
  { plan, margin, direction, end }: DecisionOptions,
): SequentialDecision {
  const n = logRatios.length;
  requireWithin(n, plan);
  let last: Look | null = null;
  for (const planned of looksDone(n, plan, end)) {
    const look = lookAt(logRatios.slice(0, planned.rounds), planned);
    if (look === null) continue;
    const decision = decisionOf(look.interval, margin, direction);
    if (decision !== 'open') return { decision, look, nextLook: null };
    last = look;
  }
  return { decision: 'open', look: last, nextLook: nextLook(n, plan, end) };
}

/** @throws RangeError for more rounds than the plan has. */
export function requireWithin(n: number, { mostRounds }: LookPlan): void {
  if (n > mostRounds) throw new RangeError(`decision: ${n} rounds, expected at most ${mostRounds}`);
}

/** Rounds at the planned look after the first `n`; null when no other will come. */
export function nextLook(n: number, { looks }: LookPlan, end: DecisionOptions['end']): number | null {
  return end === undefined ? (looks.find(({ rounds }) => rounds > n)?.rounds ?? null) : null;
}

/** The looks at the first `n` rounds, with the last one that an end adds. */
export function looksDone(n: number, plan: LookPlan, end: DecisionOptions['end']): PlannedLook[] {
  const done = plan.looks.filter(({ rounds }) => rounds <= n);
  if (end === undefined || n < fewestRounds || n === plan.mostRounds) return done;
  const before = done.filter(({ rounds }) => rounds < n);
  const rounds = before.map((look) => look.rounds);
  return end === 'interrupted' ? withLevels([...rounds, n], plan) : [...before, closingLook(rounds, n, plan)];
}

/** A look that spends all that those before it have left. */
function closingLook(before: readonly number[], n: number, { mostRounds, error }: LookPlan): PlannedLook {
  const shares = [...before, n].map((rounds) => rounds / mostRounds);
  const untilEnd = (share: number) => (share < n / mostRounds ? spending(share) : 1);
  const level = levelsOfLooks(shares, error / 2, untilEnd).at(-1) ?? 0;
  return { rounds: n, level, spent: error };
}

/** @returns null when the level is too small for any bounds, or the ratio leaves the range of a double. */
export function lookAt(logRatios: readonly number[], planned: PlannedLook): Look | null {
  requireSample(logRatios, 'decideSequentially', fewestRounds);
  const n = logRatios.length;
  if (planned.level < smallestLevel) return null;
  const centre = mean(logRatios);
  const halfWidth =
    (-studentTQuantile(planned.level, n - 1) * sampleStandardDeviation(logRatios)) / Math.sqrt(n);
  const interval: Interval = [Math.exp(centre - halfWidth), Math.exp(centre + halfWidth)];
  if (!(interval[0] > 0 && interval[1] < Infinity)) return null;
  const sameWithin = Math.max(interval[1], 1 / interval[0]) - 1;
  return { ...planned, ratio: Math.exp(centre), interval, sameWithin };
}

/** A look with less would have no bounds that mean anything. */
const smallestLevel = 1e-12;

/** What an interval of the ratio says against the margin. */
export function decisionOf(
  interval: Interval,
  margin: number,
  direction: Direction,
): SequentialDecision['decision'] {
  const side = beyondMargin(interval, margin);
  if (side !== null) return (side === 'below') === (direction === 'lower') ? 'better' : 'worse';
  return isEquivalent(interval, margin) ? 'same' : 'open';
}
