import { maximum, mean, minimum, requireRate, requireSample, requireWhole } from './estimates.ts';
import type { Interval } from './estimates.ts';
import { seededRandom } from './seeded-random.ts';

/** Sums that should be equal differ by the rounding of their logarithms: this much of the largest value counts as equal. */
const tieTolerance = 1e-10;

export type SignFlipTest = {
  /** Two-sided p-value of the hypothesis that the values are spread symmetrically about 0. */
  readonly p: number;
  /**
   * Confidence interval of the centre, in the unit of the values: every θ that the same test, with the same patterns, does
   * not reject at 1 − confidence. It excludes 0 exactly when p < 1 − confidence.
   * @returns null where it has no bounds, since the values are too few for that much confidence: below 6 for 0.95.
   * @throws RangeError for a confidence outside 0 … 1.
   */
  readonly interval: (confidence: number) => Interval | null;
};

/**
 * Sign-flip permutation test of paired differences (Fisher 1935, "The Design of Experiments", §21), and its inversion.
 *
 * For a centre θ, p(θ) is the share of sign patterns s with |Σ sᵢ(dᵢ − θ)| ≥ |Σ (dᵢ − θ)|: of all 2ⁿ patterns for n ≤ 12,
 * else (1 + count) / (1 + 10,000) of seeded random ones (Phipson & Smyth 2010, "Permutation P-values Should Never Be
 * Zero"). Where θ lies below the mean of all, a pattern fulfils this exactly when the mean of the values that it flips, or
 * of those that it does not, is at most θ; above the mean likewise with at least. So p(θ) rises step by step up to the mean
 * and falls after it, the steps lie at those part means, and the interval's bounds are order statistics of them (Hartigan
 * 1969, "Using Subsample Values as Typical Values"): exact, without a search.
 *
 * Costs O(2ⁿ) for n ≤ 12 and O(10,000 · n) beyond, plus one sort: about 1 ms and, for n = 60, 10 ms. The order of the
 * values does not matter, and opposite values give the opposite interval (with random patterns and values that lie
 * symmetrically about their mean, but for the noise of the patterns).
 * @param seed of the random patterns; whole number from 0 to 2⁵³ − 1.
 * @throws RangeError for no values, NaN or infinity, and for a bad seed.
 */
export function signFlipTest(values: readonly number[], seed: number): SignFlipTest {
  requireSample(values, 'signFlipTest');
  const ascending = values.toSorted((a, b) => a - b);
  const centre = mean(ascending);
  const tolerance = tieTolerance * Math.max(Math.abs(minimum(values)), Math.abs(maximum(values)));
  const { lower, upper } = orientedSplits(
    ascending.map((value) => value - centre),
    tolerance,
    seed,
  );
  const patterns = lower.length + 1;

  const asExtreme =
    centre >= 0
      ? lower.reduce((count, below) => count + (centre + below <= tolerance ? 1 : 0), 0)
      : upper.reduce((count, above) => count + (centre + above >= -tolerance ? 1 : 0), 0);

  return {
    p: (1 + asExtreme) / patterns,
    interval: (confidence) => {
      requireRate(confidence, 'signFlipTest: confidence');
      // Number of part means that must be as extreme as θ for p(θ) ≥ 1 − confidence.
      const needed = stepsBelow(1 - confidence, patterns);
      if (needed < 1) return null;
      const low = centre + (lower[needed - 1] ?? NaN);
      const high = centre + (upper[upper.length - needed] ?? NaN);
      if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
      return [withoutRounding(low, tolerance), withoutRounding(high, tolerance)];
    },
  };
}

/** A bound that the test takes for 0 is 0. */
function withoutRounding(bound: number, tolerance: number): number {
  return Math.abs(bound) <= tolerance ? 0 : bound;
}

/** The same random patterns for a sample and its opposite, so that exchanging the sides of a comparison changes no figure. */
function orientedSplits(centred: readonly number[], tolerance: number, seed: number): Splits {
  const opposite = centred.map((value) => -value).reverse();
  const skew = centred
    .map((value, place) => value - (opposite[place] ?? NaN))
    .find((gap) => Math.abs(gap) > tolerance);
  if (skew === undefined || skew > 0) return splitsOf(centred, seed);
  const { lower, upper } = splitsOf(opposite, seed);
  return { lower: upper.map((value) => -value).reverse(), upper: lower.map((value) => -value).reverse() };
}

/** Up to here every sign pattern is tried: 2¹¹ splits. */
const mostExact = 12;
/** Random sign patterns beyond. */
const flips = 10_000;

/**
 * A sign pattern cuts the sample in two, the flipped values and the others. Of the two parts' means, taken from the mean of
 * all, `lower` has the one that is not positive and `upper` the other: −∞ and ∞ where one part is empty. Both sorted.
 */
type Splits = { readonly lower: Float64Array; readonly upper: Float64Array };

/**
 * The splits of a sample by sign patterns: with up to 12 values each of the 2^(n−1) − 1 that there are apart from the
 * identity (a pattern and its opposite make the same split), else 10,000 random ones.
 * @param centred the values less their mean, ascending.
 * @param seed of the random patterns.
 */
function splitsOf(centred: readonly number[], seed: number): Splits {
  return centred.length <= mostExact ? everySplit(centred) : randomSplits(centred, seed);
}

function everySplit(centred: readonly number[]): Splits {
  const n = centred.length;
  // The last value stays unflipped, so that of a pattern and its opposite only one is met.
  const patterns = 2 ** (n - 1);
  const sums = new Float64Array(patterns);
  const sizes = new Uint8Array(patterns);
  const splits = emptySplits(patterns - 1);
  for (let pattern = 1; pattern < patterns; pattern += 1) {
    const withoutLowestBit = pattern & (pattern - 1);
    const lowestBit = 31 - Math.clz32(pattern ^ withoutLowestBit);
    sums[pattern] = (sums[withoutLowestBit] ?? NaN) + (centred[lowestBit] ?? NaN);
    sizes[pattern] = (sizes[withoutLowestBit] ?? NaN) + 1;
    record(splits, pattern - 1, sums[pattern] ?? NaN, sizes[pattern] ?? NaN, n);
  }
  return sorted(splits);
}

function randomSplits(centred: readonly number[], seed: number): Splits {
  const random = seededRandom(seed);
  const n = centred.length;
  const values = Float64Array.from(centred);
  const splits = emptySplits(flips);
  for (let flip = 0; flip < flips; flip += 1) {
    let sum = 0;
    let size = 0;
    let bits = 0;
    for (let place = 0; place < n; place += 1) {
      if (place % 32 === 0) bits = random.uint32();
      if (bits & 1) {
        sum += values[place] ?? NaN;
        size += 1;
      }
      bits >>>= 1;
    }
    record(splits, flip, sum, size, n);
  }
  return sorted(splits);
}

function emptySplits(count: number): Splits {
  return { lower: new Float64Array(count), upper: new Float64Array(count) };
}

/** The centred values sum to 0: what one part has too little, the other has too much. */
function record(splits: Splits, place: number, sum: number, size: number, n: number): void {
  const excess = Math.abs(sum);
  const lowerSize = sum < 0 ? size : n - size;
  const oneEmpty = size === 0 || size === n;
  splits.lower[place] = oneEmpty ? -Infinity : -excess / lowerSize;
  splits.upper[place] = oneEmpty ? Infinity : excess / (n - lowerSize);
}

/** Typed arrays sort by number. */
function sorted({ lower, upper }: Splits): Splits {
  return { lower: lower.sort(), upper: upper.sort() };
}

/** The p-values of a sign-flip test of `n` values are the multiples of 1 / this: a pattern and its opposite are one. */
function stepsOf(n: number): number {
  return n <= mostExact ? 2 ** (n - 1) : flips + 1;
}

/** The most steps, of `steps` to p = 1, with which p is still below `alpha`; 0 when even one is too many. */
function stepsBelow(alpha: number, steps: number): number {
  return Math.ceil(alpha * steps) - 1;
}

/**
 * The largest p below `alpha` that the sign-flip test of `n` values can give: how often p < alpha really comes out under the
 * hypothesis. 0.031 for 6 values and an alpha of 0.05, 0.047 for 7, close to alpha from 10 on; 0 where it never does.
 */
export function attainedLevel(n: number, alpha: number): number {
  const steps = stepsOf(n);
  return Math.max(0, stepsBelow(alpha, steps)) / steps;
}

/** The p of the clearest result that `n` values can give, when all have the same sign. With random flips, its expectation. */
export function smallestP(n: number): number {
  const exact = 2 ** (1 - n);
  return n <= mostExact ? exact : (1 + flips * exact) / (1 + flips);
}

/** With fewer rounds no two-sided sign-flip test can reach p < 0.05: at 6 its smallest p is 2⁻⁵. */
export const fewestRounds = 6;

/** From here on the number of random flips, not of rounds, bounds p from below. */
const mostThatMatter = 40;

/**
 * The fewest rounds with which a comparison can reach a Holm-adjusted p below `alpha` at all: its p is at best 2^(1 − n), and
 * Holm's correction multiplies the smallest p of a family by the size of the family. Past 12 rounds, where flips are
 * random, this is the expectation.
 * @param familySize comparisons that are corrected together, at least 1.
 * @returns at least {@link fewestRounds}; null when no number of rounds suffices, because the random flips of a long
 * comparison end at p = 1 / 10,001.
 * @throws RangeError for a family that is not a positive whole number and an alpha outside 0 … 1.
 */
export function fewestRoundsFor(familySize: number, alpha = 0.05): number | null {
  requireWhole(familySize, 1, 'fewestRoundsFor: familySize');
  requireRate(alpha, 'fewestRoundsFor: alpha');
  for (let rounds = fewestRounds; rounds <= mostThatMatter; rounds += 1) {
    if (familySize * smallestP(rounds) < alpha) return rounds;
  }
  return null;
}
