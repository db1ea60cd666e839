import {
  bitOf,
  bitsUpTo,
  byteOf,
  countOnes,
  createCrossOff,
  createPreSieve,
  preSievedPrimes,
  strideOf,
  wheelPrimes,
  wheelSpan,
} from './sieve.ts';

/** The largest n that is counted. */
export const largestN = 100_000_000;

/**
 * Bytes sieved at a time, a multiple of 4: they fit into a second-level cache. With those of a first-level cache (32 KiB) a count takes as long
 * (0.98 to 1.03 of the time), but loops end after a few turns. Most likely their ends are predicted better in one process than in
 * another: equal ones differed by 2.1 % instead of 0.8 %.
 */
const segmentBytes = 384 * 1024;

/** The numbers that one segment stands for. */
export const segmentNumbers = segmentBytes * wheelSpan;

const wordBytes = 4;

/** Counts the primes from `from` (0 by default) up to and including n; `from` is a multiple of {@link segmentNumbers}. */
export type CountPrimes = (n: number, from?: number) => number;

/**
 * A function that counts primes, for whole numbers 0 ≤ n ≤ {@link largestN}.
 *
 * Sieve of Eratosthenes without the multiples of 2, 3 and 5, segment by segment. The memory is allocated here, once, and
 * written afresh in every segment: nothing of one call reaches the next.
 */
export function createPrimeCounter(): CountPrimes {
  const preSieve = createPreSieve();
  const strides = primesUpTo(Math.floor(Math.sqrt(largestN)))
    .filter((prime) => prime > wheelSpan)
    .map(strideOf);

  // Primes cross off whole turns, so a turn may begin up to a prime's bytes before the segment and end as far after it.
  // Margins take what falls outside: cheaper than stopping at the edge and going on from there in the next segment.
  const marginBytes = Math.ceil((strides.at(-1)?.prime ?? 0) / wordBytes) * wordBytes;
  const bytes = new Uint8Array(marginBytes + segmentBytes + marginBytes);
  const words = new Int32Array(bytes.buffer);
  const crossOff = createCrossOff(bytes);

  function sieveSegment(firstByte: number, length: number): void {
    const end = marginBytes + length;
    preSieve(words, marginBytes / wordBytes, Math.ceil(end / wordBytes), firstByte / wordBytes);
    if (firstByte === 0) correctFirstBytes();
    const beyond = (firstByte + length) * wheelSpan;
    for (const stride of strides) {
      const { prime, quotient } = stride;
      if (prime * prime >= beyond) break;
      // From turn `quotient` on the other factor is as large as the prime (to within a turn), and never 1.
      const turn = Math.max(Math.floor(firstByte / prime), quotient);
      crossOff(stride, marginBytes + turn * prime - firstByte, end);
    }
  }

  /** The patterns remove their own primes too, and know nothing of 1. */
  function correctFirstBytes(): void {
    for (const prime of preSievedPrimes) {
      const index = marginBytes + byteOf(prime);
      bytes[index] = (bytes[index] ?? 0) | bitOf(prime);
    }
    bytes[marginBytes] = (bytes[marginBytes] ?? 0) & ~bitOf(1);
  }

  function cutAfter(n: number, length: number): void {
    const end = marginBytes + length;
    bytes[end - 1] = (bytes[end - 1] ?? 0) & bitsUpTo(n % wheelSpan);
    bytes.fill(0, end, end + wordBytes - 1);
  }

  return (n, from = 0) => {
    const lastByte = byteOf(n);
    let count = wheelPrimes.filter((prime) => from <= prime && prime <= n).length;
    for (let firstByte = byteOf(from); firstByte <= lastByte; firstByte += segmentBytes) {
      const length = Math.min(segmentBytes, lastByte + 1 - firstByte);
      sieveSegment(firstByte, length);
      if (firstByte + length > lastByte) cutAfter(n, length);
      count += countOnes(words, marginBytes / wordBytes, Math.ceil((marginBytes + length) / wordBytes));
    }
    return count;
  };
}

/** The primes up to and including `limit`, in order, by a plain sieve: for limits of some thousands. */
export function primesUpTo(limit: number): readonly number[] {
  const composite = new Uint8Array(limit + 1);
  const primes: number[] = [];
  for (let candidate = 2; candidate <= limit; candidate += 1) {
    if (composite[candidate] === 1) continue;
    primes.push(candidate);
    for (let multiple = candidate * candidate; multiple <= limit; multiple += candidate)
      composite[multiple] = 1;
  }
  return primes;
}
