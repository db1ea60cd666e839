import { Bench } from 'tinybench';
import { createPrimeCounter } from '../src/prime-counter.ts';
import { hasPrimesieve, primesieveMs } from './primesieve.ts';

/*
 * The time to count the primes up to n, and its ratio to single-threaded primesieve. The clock of a machine drifts within
 * seconds, so the two take turns, in rounds, and medians are shown.
 */
const sizes = [300_000, 10_000_000, 100_000_000];
const rounds = 15;
const sieveMsPerRound = 40;
const primesievePairsPerRound = 10;

type Samples = { readonly n: number; readonly sieveMs: number[]; readonly primesieveMs: number[] };

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Whether the median stands out of the noise: at least five times its standard error (1.25 · 1.48 MAD ÷ √count). */
function standsOut(values: readonly number[]): boolean {
  const middle = median(values);
  const deviation = median(values.map((value) => Math.abs(value - middle)));
  return middle > (5 * 1.25 * 1.48 * deviation) / Math.sqrt(values.length);
}

function sieveMedianMs(countPrimes: (n: number) => number, n: number, warmup: boolean): number {
  const bench = new Bench({ time: sieveMsPerRound, iterations: 3, warmup, throws: true });
  bench.add(`sieve ${n}`, () => void countPrimes(n));
  const result = bench.runSync()[0]?.result;
  if (result?.state !== 'completed') throw new Error(`sieve ${n} is ${result?.state ?? 'missing'}`);
  return result.latency.p50;
}

function row(...cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(15)).join('')}\n`);
}

const withPrimesieve = hasPrimesieve();
const countPrimes = createPrimeCounter();
const samples: readonly Samples[] = sizes.map((n) => ({ n, sieveMs: [], primesieveMs: [] }));
for (let round = 0; round < rounds; round += 1) {
  for (const sample of samples) {
    sample.sieveMs.push(sieveMedianMs(countPrimes, sample.n, round === 0));
    for (let pair = 0; withPrimesieve && pair < primesievePairsPerRound; pair += 1) {
      sample.primesieveMs.push(primesieveMs(sample.n));
    }
  }
}

row('n', 'sieve ms', 'primesieve ms', 'ratio');
for (const { n, sieveMs, primesieveMs: otherMs } of samples) {
  const ours = median(sieveMs);
  if (!withPrimesieve) row(String(n), ours.toFixed(3), '–', '–');
  else if (!standsOut(otherMs)) row(String(n), ours.toFixed(3), 'too short', '–');
  else row(String(n), ours.toFixed(3), median(otherMs).toFixed(3), (ours / median(otherMs)).toFixed(2));
}
process.stdout.write(
  withPrimesieve
    ? `Medians of ${rounds} interleaved rounds; primesieve on one thread, less its start-up.\n`
    : 'For the ratio to primesieve, install it: apt-get install primesieve\n',
);
