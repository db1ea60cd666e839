import { bitOf, byteOf, forEachResidue, wheelSpan } from './wheel.ts';
import type { Octet } from './wheel.ts';

/**
 * How the multiples of a prime lie in the sieve. While the other factor makes one turn of the wheel (30 t + 1 … 30 t + 29),
 * the multiples with no factor 2, 3 or 5 hit eight bits of the p bytes that begin at byte p t, in every turn the same ones.
 */
export type Stride = {
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
export type CrossOff = (stride: Stride, from: number, end: number) => void;

/**
 * The kernel: nearly all the time goes by in its loop. It writes up to p − 1 bytes after `end`; the sieve has room there.
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
