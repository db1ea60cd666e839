import { studentTQuantile } from './distributions.ts';
import { requireNotNegative, requirePositive, requireRate, requireWhole } from './estimates.ts';
import { pairedPower } from './power.ts';
import { seededRandom } from './seeded-random.ts';
import { attainedLevel, fewestRounds, fewestRoundsFor } from './sign-flip.ts';
import { marginBounds, significance } from './verdict.ts';

/**
 * The order of the environments in every round, each order equally likely (Fisher–Yates in Durstenfeld's form, Knuth,
 * TAOCP 2, algorithm 3.4.2P). The same names and seed give the same orders; more rounds leave the earlier ones as they are.
 * @param rounds how many rounds, at least 1.
 * @param seed whole number from 0 to 2⁵³ − 1.
 * @returns one list of all names per round.
 * @throws RangeError for no or repeated names, for rounds that are not a positive whole number, and for a bad seed.
 */
export function roundOrders(environmentNames: readonly string[], rounds: number, seed: number): string[][] {
  if (environmentNames.length === 0)
    throw new RangeError('roundOrders: needs at least 1 environment, got none');
  const repeated = environmentNames.find((name, place) => environmentNames.indexOf(name) !== place);
  if (repeated !== undefined) throw new RangeError(`roundOrders: environment "${repeated}" is named twice`);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`roundOrders: rounds is ${rounds}, expected a whole number of at least 1`);
  }
  const random = seededRandom(seed);
  return Array.from({ length: rounds }, () => shuffled(environmentNames, random.below));
}

function shuffled(names: readonly string[], below: (bound: number) => number): string[] {
  const left = [...names];
  return names.flatMap(() => left.splice(below(left.length), 1));
}

export type PrecisionAim = {
  /** Standard deviation of the log-ratios of the pilot. */
  readonly pilotStdev: number;
  /** Rounds of the pilot, at least 2. */
  readonly pilotN: number;
  /** Wanted half-width of the interval, in the unit of `pilotStdev`: ln(1.02) for ± 2 %. */
  readonly halfWidth: number;
  /** Confidence of the interval, as a share: 0.95. */
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

export type UndecidedComparison = {
  /** Rounds so far. */
  readonly n: number;
  /** Candidate ÷ baseline so far. */
  readonly ratio: number;
  /** Standard deviation of the log-ratios so far. */
  readonly logRatioStdev: number;
  /** Relative difference that does not matter, as a share. */
  readonly margin: number;
};

export type DecisionAim = {
  /** Comparisons that are corrected together, 1 by default. */
  readonly familySize?: number;
  /** Share of such runs that reach a verdict, 0.8 by default. */
  readonly power?: number;
  /** Rounds in all beyond which the search ends, 10,000 by default. */
  readonly mostRounds?: number;
};

/**
 * How many rounds more an undecided comparison would take to reach a verdict, if ratio and spread stay as they are.
 *
 * With a ratio beyond the margin: until two-sided tests against the margin at 5 % and, in place of Holm's correction,
 * against 1 at 5 % ÷ familySize each have the power ({@link pairedPower}). With one inside: until both tests of
 * equivalence have it, taking the sum of their misses for that of either (Bonferroni's inequality), which errs to the safe side.
 * @returns at least 1; null when it takes more than `mostRounds` in all, as with a ratio on the very edge of the margin.
 * @throws RangeError for figures that are negative or not finite, a ratio that is not above 0, a power outside 0 … 1,
 * a familySize or mostRounds below 1.
 */
export function roundsMoreToDecide(
  { n, ratio, logRatioStdev, margin }: UndecidedComparison,
  { familySize = 1, power = 0.8, mostRounds = 10_000 }: DecisionAim = {},
): number | null {
  requireWhole(n, 0, 'roundsMoreToDecide: n');
  requirePositive(ratio, 'roundsMoreToDecide: ratio');
  requireNotNegative(logRatioStdev, 'roundsMoreToDecide: logRatioStdev');
  requireNotNegative(margin, 'roundsMoreToDecide: margin');
  requireWhole(familySize, 1, 'roundsMoreToDecide: familySize');
  requireRate(power, 'roundsMoreToDecide: power');
  requireWhole(mostRounds, 1, 'roundsMoreToDecide: mostRounds');
  const edge = Math.log(marginBounds(margin)[1]);
  const distance = Math.abs(Math.log(ratio));
  const different = distance > edge;
  const fewest = different ? fewestRoundsFor(familySize) : fewestRounds;
  if (fewest === null) return null;

  const powerAt = (rounds: number, difference: number, level: number) => {
    const alpha = attainedLevel(rounds, level);
    return alpha > 0 ? pairedPower({ rounds, stdev: logRatioStdev, difference, alpha }) : 0;
  };
  const decides = (rounds: number) =>
    different
      ? powerAt(rounds, distance - edge, significance) >= power &&
        powerAt(rounds, distance, significance / familySize) >= power
      : // A one-sided test at 5 % is the nearer half of a two-sided one at 10 %.
        powerAt(rounds, edge - distance, 2 * significance) +
          powerAt(rounds, edge + distance, 2 * significance) -
          1 >=
        power;
  const rounds = fewestThat(decides, Math.max(fewest, n + 1), mostRounds);
  return rounds === null ? null : rounds - n;
}

/** The smallest number from `least` to `most` that holds, by doubling and halving, given that all beyond it hold. */
function fewestThat(holds: (n: number) => boolean, least: number, most: number): number | null {
  let fails = least - 1;
  let holding = least;
  while (holding <= most && !holds(holding)) {
    fails = holding;
    holding = holding === most ? most + 1 : Math.min(most, holding * 2);
  }
  if (holding > most) return null;
  while (holding - fails > 1) {
    const middle = Math.floor((fails + holding) / 2);
    if (holds(middle)) holding = middle;
    else fails = middle;
  }
  return holding;
}
