import { segmentNumbers } from './prime-counter.ts';
import type { CountPrimes } from './prime-counter.ts';

/**
 * The numbers sieved in one turn of the event loop, some milliseconds of work: between turns the service answers whatever
 * else has come in, its health above all.
 */
const numbersPerTurn = 44 * segmentNumbers;

export type Count = {
  /** The primes up to and including n. */
  readonly primes: number;
  /** The time spent on counting them, without waiting for others. */
  readonly durationMs: number;
};

type Job = {
  readonly n: number;
  readonly done: (count: Count) => void;
  readonly failed: (error: unknown) => void;
  from: number;
  primes: number;
  durationMs: number;
};

/** Counts for many at a time: first come, first served, and never longer than a few milliseconds without a pause. */
export function createCountingQueue(countPrimes: CountPrimes): (n: number) => Promise<Count> {
  const jobs: Job[] = [];

  function takeTurn(): void {
    let left = numbersPerTurn;
    for (let job = jobs[0]; job !== undefined && left > 0; job = jobs[0]) {
      const startedMs = performance.now();
      const to = Math.min(job.n, job.from + left - 1);
      try {
        job.primes += countPrimes(to, job.from);
      } catch (error) {
        jobs.shift();
        job.failed(error);
        continue;
      }
      job.durationMs += performance.now() - startedMs;
      left -= Math.ceil((to + 1 - job.from) / segmentNumbers) * segmentNumbers;
      job.from = to + 1;
      if (to < job.n) break;
      jobs.shift();
      job.done({ primes: job.primes, durationMs: job.durationMs });
    }
    if (jobs.length > 0) setImmediate(takeTurn);
  }

  return (n) =>
    new Promise((done, failed) => {
      jobs.push({ n, done, failed, from: 0, primes: 0, durationMs: 0 });
      if (jobs.length === 1) setImmediate(takeTurn);
    });
}
