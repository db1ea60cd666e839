import { seededRandom } from '../schedule/seeded-random.ts';

/** Up to here every sign pattern is tried: 2¹¹ splits. */
export const mostExact = 12;
/** Random sign patterns beyond. */
export const flips = 10_000;

/**
 * A sign pattern cuts the sample in two, the flipped values and the others. Of the two parts' means, taken from the mean of
 * all, `lower` has the one that is not positive and `upper` the other: −∞ and ∞ where one part is empty. Both sorted.
 */
export type Splits = { readonly lower: Float64Array; readonly upper: Float64Array };

/**
 * The splits of a sample by sign patterns: with up to 12 values each of the 2^(n−1) − 1 that there are apart from the
 * identity (a pattern and its opposite make the same split), else 10,000 random ones.
 * @param centred the values less their mean, ascending.
 * @param seed of the random patterns.
 */
export function splitsOf(centred: readonly number[], seed: number): Splits {
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
