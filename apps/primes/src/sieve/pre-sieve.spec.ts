import { expect, it } from 'vitest';
import { createPreSieve, preSievedPrimes } from './pre-sieve.ts';
import { bitOf, byteOf, residues, wheelSpan } from './wheel.ts';

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
