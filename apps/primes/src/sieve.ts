/** One entry for each residue of the wheel. */
type Octet = readonly [number, number, number, number, number, number, number, number];

/** How many numbers one byte of the sieve stands for: 2 · 3 · 5. */
export const wheelSpan = 30;

/**
 * The residues modulo 30 that share no factor with 2, 3 or 5, in order.
 * Bit k of byte b of the sieve stands for the number 30 b + residues[k]; every other number is composite (or 2, 3, 5).
 */
export const residues: Octet = [1, 7, 11, 13, 17, 19, 23, 29];

/** The primes that have no bit in the sieve. */
export const wheelPrimes = [2, 3, 5] as const;

const bitByResidue = new Uint8Array(wheelSpan);
residues.forEach((residue, k) => {
  bitByResidue[residue] = 1 << k;
});

/** The bit of a number within its byte, as a mask; 0 when the number is divisible by 2, 3 or 5. */
export function bitOf(number: number): number {
  return bitByResidue[number % wheelSpan] ?? 0;
}

/** The byte of a number. */
export function byteOf(number: number): number {
  return Math.floor(number / wheelSpan);
}

/** The bits of a byte whose residue is at most `residue`. */
export function bitsUpTo(residue: number): number {
  return residues.reduce((bits, candidate) => (candidate <= residue ? bits | bitOf(candidate) : bits), 0);
}

/** The same calculation for each residue. */
function forEachResidue(calculate: (residue: number) => number): Octet {
  const [a, b, c, d, e, f, g, h] = residues;
  return [
    calculate(a),
    calculate(b),
    calculate(c),
    calculate(d),
    calculate(e),
    calculate(f),
    calculate(g),
    calculate(h),
  ];
}

/**
 * The smallest primes hit so often that crossing them off one by one would take as long as all the others together.
 * What they leave repeats every 7·11·13·17 and every 19·23·29 bytes, so it is computed once and laid down like a stencil.
 * The second must reach to 29: only primes above 30 can be crossed off by turns of the wheel.
 */
const firstPrimes = [7, 11, 13, 17] as const;
const secondPrimes = [19, 23, 29] as const;

/** The primes whose multiples a pre-sieve removes, themselves included. */
export const preSievedPrimes: readonly number[] = [...firstPrimes, ...secondPrimes];

/** Writes words `from` (inclusive) to `to` (exclusive); `firstWord` is the place of word `from` in the whole sieve. */
type PreSieve = (words: Int32Array, from: number, to: number, firstWord: number) => void;

/** A pre-sieve with its patterns computed (about 120 KB). Bits of multiples of {@link preSievedPrimes} become 0, all others 1. */
export function createPreSieve(): PreSieve {
  const first = patternOf(firstPrimes);
  const second = patternOf(secondPrimes);
  return (words, from, to, firstWord) => {
    layDown(words, from, to, first, firstWord, copy);
    layDown(words, from, to, second, firstWord, clear);
  };
}

/** A period of p₁ p₂ … bytes is odd, so four of them are the shortest pattern in whole words: p₁ p₂ … words. */
function patternOf(primes: readonly number[]): Int32Array {
  const pattern = new Int32Array(primes.reduce((product, prime) => product * prime, 1));
  const bytes = new Uint8Array(pattern.buffer).fill(0xff);
  for (const prime of primes) {
    for (let turn = 0; turn < bytes.length; turn += prime) {
      for (const residue of residues) {
        const byte = turn + byteOf(prime * residue);
        bytes[byte] = (bytes[byte] ?? 0) & ~bitOf(prime * residue);
      }
    }
  }
  return pattern;
}

type Overlay = (words: Int32Array, from: number, pattern: Int32Array, start: number, length: number) => void;

/** Repeats a pattern over the words, in runs that end where the pattern begins again. */
function layDown(
  words: Int32Array,
  from: number,
  to: number,
  pattern: Int32Array,
  firstWord: number,
  overlay: Overlay,
): void {
  let start = firstWord % pattern.length;
  for (let word = from; word < to;) {
    const length = Math.min(pattern.length - start, to - word);
    overlay(words, word, pattern, start, length);
    word += length;
    start = 0;
  }
}

function copy(words: Int32Array, from: number, pattern: Int32Array, start: number, length: number): void {
  words.set(pattern.subarray(start, start + length), from);
}

function clear(words: Int32Array, from: number, pattern: Int32Array, start: number, length: number): void {
  for (let k = 0; k < length; k += 1) words[from + k] = (words[from + k] ?? 0) & (pattern[start + k] ?? 0);
}

/**
 * How the multiples of a prime lie in the sieve. While the other factor makes one turn of the wheel (30 t + 1 … 30 t + 29),
 * the multiples with no factor 2, 3 or 5 hit eight bits of the p bytes that begin at byte p t, the same ones in every turn.
 */
type Stride = {
  readonly prime: number;
  /** The prime is 30 · quotient + residue. The hit of factor residue w is w · quotient + extraBytes bytes into the turn. */
  readonly quotient: number;
  readonly extraBytes: Octet;
  /** What the byte of each hit keeps. */
  readonly masks: Octet;
};

/** The stride of a prime above 30: of a smaller one, the first turn would hit the prime itself. */
export function strideOf(prime: number): Stride {
  const residue = prime % wheelSpan;
  return {
    prime,
    quotient: byteOf(prime),
    extraBytes: forEachResidue((factor) => byteOf(residue * factor)),
    masks: forEachResidue((factor) => ~bitOf(residue * factor)),
  };
}

/** Clears the bits of a prime's multiples, in whole turns: from the one at index `from` to the last that begins before `end`. */
type CrossOff = (stride: Stride, from: number, end: number) => void;

/**
 * The kernel: nearly all the time is spent in its loop. It writes up to p − 1 bytes after `end`; the sieve has room there.
 *
 * It is bound to its sieve because V8 then compiles address and length into the loop as constants (a quarter faster than
 * a parameter), which it does as long as a process creates just one.
 */
export function createCrossOff(sieve: Uint8Array): CrossOff {
  return ({ prime, quotient, extraBytes, masks }, from, end) => {
    // Names, not arrays: read once, so that one pass over the sieve makes all eight hits of a turn with nothing else to load.
    const hit0 = extraBytes[0] + quotient;
    const hit1 = extraBytes[1] + quotient * 7;
    const hit2 = extraBytes[2] + quotient * 11;
    const hit3 = extraBytes[3] + quotient * 13;
    const hit4 = extraBytes[4] + quotient * 17;
    const hit5 = extraBytes[5] + quotient * 19;
    const hit6 = extraBytes[6] + quotient * 23;
    const hit7 = extraBytes[7] + quotient * 29;
    const [mask0, mask1, mask2, mask3, mask4, mask5, mask6, mask7] = masks;
    for (let turn = from; turn < end; turn += prime) {
      // Every index is inside the sieve; `?? 0` is for the type checker and gone once the loop is optimised.
      sieve[turn + hit0] = (sieve[turn + hit0] ?? 0) & mask0;
      sieve[turn + hit1] = (sieve[turn + hit1] ?? 0) & mask1;
      sieve[turn + hit2] = (sieve[turn + hit2] ?? 0) & mask2;
      sieve[turn + hit3] = (sieve[turn + hit3] ?? 0) & mask3;
      sieve[turn + hit4] = (sieve[turn + hit4] ?? 0) & mask4;
      sieve[turn + hit5] = (sieve[turn + hit5] ?? 0) & mask5;
      sieve[turn + hit6] = (sieve[turn + hit6] ?? 0) & mask6;
      sieve[turn + hit7] = (sieve[turn + hit7] ?? 0) & mask7;
    }
  };
}

/**
 * The number of 1 bits in words `from` (inclusive) to `to` (exclusive).
 *
 * Sums bits side by side within a word (Warren, Hacker's Delight, 5-1): pairs, then fours, then bytes. A field of four bits
 * holds up to 15, so three words of up to 4 each are added before they are widened: less work per word.
 */
export function countOnes(words: Int32Array, from: number, to: number): number {
  let ones = 0;
  let word = from;
  for (; word + 2 < to; word += 3) {
    const fours =
      onesByFour(words[word] ?? 0) + onesByFour(words[word + 1] ?? 0) + onesByFour(words[word + 2] ?? 0);
    ones += sumOfFours(fours);
  }
  for (; word < to; word += 1) ones += sumOfFours(onesByFour(words[word] ?? 0));
  return ones;
}

/** Eight fields of four bits, each the number of 1 bits it had. */
function onesByFour(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  return (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
}

/** The sum of eight fields of four bits. */
function sumOfFours(fours: number): number {
  const bytes = (fours & 0x0f0f0f0f) + ((fours >>> 4) & 0x0f0f0f0f);
  return Math.imul(bytes, 0x01010101) >>> 24;
}
