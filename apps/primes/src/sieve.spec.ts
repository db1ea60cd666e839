import { describe, expect, it } from 'vitest';
import {
  bitOf,
  byteOf,
  countOnes,
  createCrossOff,
  createPreSieve,
  preSievedPrimes,
  residues,
  strideOf,
  wheelSpan,
} from './sieve.ts';

describe('the pre-sieve', () => {
  const preSieve = createPreSieve();

  it('leaves exactly the numbers without a pre-sieved factor, wherever it begins', () => {
    const period = 7 * 11 * 13 * 17;
    for (const firstWord of [0, 1, period - 3, 19 * 23 * 29 - 5, 123_456]) {
      const words = new Int32Array(40);
      preSieve(words, 0, words.length, firstWord);
      const bytes = new Uint8Array(words.buffer);
      bytes.forEach((byte, index) => {
        for (const residue of residues) {
          const number = (firstWord * 4 + index) * wheelSpan + residue;
          const left = preSievedPrimes.every((prime) => number % prime !== 0);
          expect((byte & bitOf(number)) !== 0, `${number}`).toBe(left);
        }
      });
    }
  });

  it('writes between its bounds only', () => {
    const words = new Int32Array(12).fill(42);
    preSieve(words, 2, 10, 0);
    expect([...words.subarray(0, 2), ...words.subarray(10)]).toEqual([42, 42, 42, 42]);
  });

  it('has a bit for every pre-sieved prime in the first byte', () => {
    expect(preSievedPrimes.map((prime) => [byteOf(prime), bitOf(prime) > 0])).toEqual(
      preSievedPrimes.map(() => [0, true]),
    );
  });
});

describe('crossing off', () => {
  /** One prime of each residue, besides the smallest and the largest that sieve. */
  const primes = [31, 37, 41, 43, 47, 53, 59, 61, 9_967, 9_973];

  it.each(primes)('clears the multiples of %i and nothing else', (prime) => {
    const turns = 3;
    const sieve = new Uint8Array(turns * prime).fill(0xff);
    createCrossOff(sieve)(strideOf(prime), 0, sieve.length);
    sieve.forEach((byte, index) => {
      for (const residue of residues) {
        const number = index * wheelSpan + residue;
        if (((byte & bitOf(number)) === 0) !== (number % prime === 0)) expect.fail(`${number} is wrong`);
      }
    });
  });

  it('makes no turn that begins at its end', () => {
    const sieve = new Uint8Array(100).fill(0xff);
    createCrossOff(sieve)(strideOf(37), 37, 37);
    expect(sieve.every((byte) => byte === 0xff)).toBe(true);
  });
});

describe('countOnes', () => {
  function plainCount(words: Int32Array): number {
    return words.reduce((ones, word) => ones + (word >>> 0).toString(2).replaceAll('0', '').length, 0);
  }

  it.each([0, 1, 2, 3, 4, 5, 6, 100])('counts the ones of %i full words', (length) => {
    expect(countOnes(new Int32Array(length).fill(-1), 0, length)).toBe(32 * length);
  });

  it('counts the ones of words of every kind', () => {
    const words = Int32Array.from({ length: 1_000 }, (_, index) => Math.imul(index + 1, 0x9e3779b1));
    expect(countOnes(words, 0, words.length)).toBe(plainCount(words));
  });

  it('counts between its bounds only', () => {
    const words = new Int32Array(10).fill(-1);
    expect(countOnes(words, 3, 7)).toBe(128);
  });
});
