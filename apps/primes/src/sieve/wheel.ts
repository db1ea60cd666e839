/** One entry for each residue of the wheel. */
export type Octet = readonly [number, number, number, number, number, number, number, number];

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
export function forEachResidue(calculate: (residue: number) => number): Octet {
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
