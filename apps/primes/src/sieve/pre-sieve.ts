import { bitOf, byteOf, residues } from './wheel.ts';

/**
 * The smallest primes hit so often that crossing them off one by one would take as long as all the others together.
 * What they leave repeats every 7·11·13·17 and every 19·23·29 bytes, so it is worked out once and laid down like a stencil.
 * The second must reach to 29: only primes above 30 can be crossed off by turns of the wheel.
 */
const firstPrimes = [7, 11, 13, 17] as const;
const secondPrimes = [19, 23, 29] as const;

/** The primes whose multiples a pre-sieve removes, themselves included. */
export const preSievedPrimes: readonly number[] = [...firstPrimes, ...secondPrimes];

/** Writes words `from` (inclusive) to `to` (exclusive); `firstWord` is the place of word `from` in the whole sieve. */
export type PreSieve = (words: Int32Array, from: number, to: number, firstWord: number) => void;

/** A pre-sieve with its patterns worked out (about 120 KB). Bits of multiples of {@link preSievedPrimes} become 0, all others 1. */
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
