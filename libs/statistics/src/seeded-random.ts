/** A stream of pseudo-random whole numbers, wholly determined by its seed. Not for secrets. */
export type SeededRandom = {
  /** Next number from 0 to 2³² − 1, each equally likely. */
  readonly uint32: () => number;
  /**
   * Next number from 0 to `bound` − 1, each equally likely.
   * @throws RangeError unless `bound` is a whole number from 1 to 2³².
   */
  readonly below: (bound: number) => number;
};

const twoTo32 = 2 ** 32;
/** Outputs to throw away until the seed has reached every bit of the state. */
const warmUpOutputs = 15;

/**
 * Generator sfc32 (Chris Doty-Humphrey, PractRand: "Small Fast Counting", 32 bit, period at least 2³²), its state filled
 * from the seed by splitmix32. The stream of a seed never changes between versions: run files name their seed.
 * @param seed whole number from 0 to 2⁵³ − 1.
 * @throws RangeError for another seed.
 */
export function seededRandom(seed: number): SeededRandom {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `seededRandom: seed is ${seed}, expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  // Low and high half fill different words, so that no two seeds share a state.
  const low = splitmix32(seed % twoTo32);
  const high = splitmix32(Math.floor(seed / twoTo32));
  const uint32 = sfc32(low(), low(), high());
  for (let output = 0; output < warmUpOutputs; output += 1) uint32();

  return {
    uint32,
    below: (bound) => {
      if (!Number.isInteger(bound) || bound < 1 || bound > twoTo32) {
        throw new RangeError(`seededRandom: bound is ${bound}, expected a whole number from 1 to ${twoTo32}`);
      }
      // The last, incomplete stretch of numbers would favour small results.
      const fair = twoTo32 - (twoTo32 % bound);
      let number = uint32();
      while (number >= fair) number = uint32();
      return number % bound;
    },
  };
}

/** Steele, Lea & Flood 2014, "Fast Splittable Pseudorandom Number Generators", with the 32-bit finaliser of MurmurHash3. */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

function sfc32(first: number, second: number, third: number): () => number {
  let a = first | 0;
  let b = second | 0;
  let c = third | 0;
  let counter = 1;
  return () => {
    const output = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + output;
    c |= 0;
    return output >>> 0;
  };
}
