import { beforeAll, describe, expect, it } from 'vitest';
import { createPrimeCounter, largestN, primesUpTo, segmentNumbers } from './prime-counter.ts';

const countPrimes = createPrimeCounter();

function isPrime(candidate: number): boolean {
  if (candidate < 2) return false;
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1)
    if (candidate % divisor === 0) return false;
  return true;
}

/** π(0) … π(limit), by the plainest sieve. */
function primeCountsUpTo(limit: number): Int32Array {
  const composite = new Uint8Array(limit + 1);
  const counts = new Int32Array(limit + 1);
  let count = 0;
  for (let candidate = 2; candidate <= limit; candidate += 1) {
    if (composite[candidate] === 0) {
      count += 1;
      for (let multiple = candidate * candidate; multiple <= limit; multiple += candidate)
        composite[multiple] = 1;
    }
    counts[candidate] = count;
  }
  return counts;
}

/** The numbers whose membership changes the count right around `centre`. */
function around(centre: number, reach: number): number[] {
  return Array.from({ length: 2 * reach + 1 }, (_, index) => centre - reach + index);
}

describe('the prime counter', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [6, 3],
    [7, 4],
    [10, 4],
    [29, 10],
    [30, 10],
    [31, 11],
    [100, 25],
    [10_000, 1_229],
    [300_000, 25_997],
    [1_000_000, 78_498],
    [10_000_000, 664_579],
    [100_000_000, 5_761_455],
  ])('knows that there are π(%i) = %i primes', (n, primes) => {
    expect(countPrimes(n)).toBe(primes);
  });

  it('agrees with trial division for every n up to 5,000', () => {
    let primes = 0;
    for (let n = 0; n <= 5_000; n += 1) {
      if (isPrime(n)) primes += 1;
      expect(countPrimes(n), `n = ${n}`).toBe(primes);
    }
  });

  it('gives the same answers in any order of calls', () => {
    const known = new Map([
      [10_000_000, 664_579],
      [7, 4],
      [300_000, 25_997],
      [0, 0],
      [1_000_000, 78_498],
      [31, 11],
    ]);
    const ns = [...known.keys()];
    for (const first of ns) {
      for (const second of ns) {
        expect([countPrimes(first), countPrimes(second)], `${first}, then ${second}`).toEqual([
          known.get(first),
          known.get(second),
        ]);
      }
    }
  });

  it.each([1, 2, 7])('counts in parts of %i segments what it counts in one piece', (segments) => {
    for (const n of [0, 6, segmentNumbers - 1, segmentNumbers, 3 * segmentNumbers + 17, largestN]) {
      let primes = 0;
      const step = segments * segmentNumbers;
      for (let from = 0; from <= n; from += step) primes += countPrimes(Math.min(n, from + step - 1), from);
      expect(primes, `n = ${n}`).toBe(countPrimes(n));
    }
  });

  it('shares nothing with another counter', () => {
    const other = createPrimeCounter();
    expect([countPrimes(1_000_000), other(100), countPrimes(300_000), other(1_000_000)]).toEqual([
      78_498, 25, 25_997, 78_498,
    ]);
  });

  describe('against a plain sieve', () => {
    let expected: Int32Array;
    beforeAll(() => {
      expected = primeCountsUpTo(2 * segmentNumbers + 100);
    });

    it.each([1, 2])('is right on both sides of the end of segment %i', (segment) => {
      for (const n of around(segment * segmentNumbers, 65))
        expect(countPrimes(n), `n = ${n}`).toBe(expected[n]);
    });

    it('is right at the squares of primes, before them and after them', () => {
      for (let prime = 2; prime * prime + 1 < expected.length; prime += 1) {
        if (!isPrime(prime)) continue;
        for (const n of around(prime * prime, 1)) expect(countPrimes(n), `n = ${n}`).toBe(expected[n]);
      }
    });

    it('is right at every end within a word of the sieve', () => {
      for (const n of around(1_000_000, 130)) expect(countPrimes(n), `n = ${n}`).toBe(expected[n]);
    });
  });

  it.each([
    ['the square of its largest sieving prime', 9_973 * 9_973],
    ['the product of its two largest sieving primes', 9_967 * 9_973],
    ['the end of its last full segment', Math.floor(largestN / segmentNumbers) * segmentNumbers],
    ['the largest n', largestN - 5],
  ])('counts up by one exactly at the primes around %s', (_, centre) => {
    let before = countPrimes(centre - 6);
    for (const n of around(centre, 5)) {
      const count = countPrimes(n);
      expect(count - before, `n = ${n}`).toBe(isPrime(n) ? 1 : 0);
      before = count;
    }
  });
});

describe('primesUpTo', () => {
  it.each([
    [0, []],
    [2, [2]],
    [25, [2, 3, 5, 7, 11, 13, 17, 19, 23]],
    [29, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]],
  ])('lists the primes up to %i, itself included', (limit, primes) => {
    expect(primesUpTo(limit)).toEqual(primes);
  });
});
