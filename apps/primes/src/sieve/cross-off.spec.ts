import { expect, it } from 'vitest';
import { createCrossOff, strideOf } from './cross-off.ts';
import { bitOf, residues, wheelSpan } from './wheel.ts';

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
