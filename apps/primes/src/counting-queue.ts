import { segmentNumbers } from './prime-counter.ts';
import type { CountPrimes } from './prime-counter.ts';

/**
 * After this long the event loop turns, and the service answers whatever else has come in, its health above all. Not after
 * every count: a turn costs some 2 % of a count to ten million. Nor later: it also accepts just one connection.
 */
const turnMs = 3;

/** The numbers sieved between two looks at the clock: a millisecond or two of work. */
const numbersAtOnce = segmentNumbers;

type Count = {
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
export function createCountingQueue(
  countPrimes: CountPrimes,
  now: () => number = () => performance.now(),
): (n: number) => Promise<Count> {
  const jobs: Job[] = [];

  function takeTurn(): void {
    const startedMs = now();
    for (let job = jobs[0]; job !== undefined && now() - startedMs < turnMs; job = jobs[0]) count(job);
    if (jobs.length > 0) setImmediate(takeTurn);
  }

  /** Goes on with the first of the jobs. */
  function count(job: Job): void {
    const startedMs = now();
    const to = Math.min(job.n, job.from + numbersAtOnce - 1);
    try {
      job.primes += countPrimes(to, job.from);
    } catch (error) {
      jobs.shift();
      job.failed(error);
      return;
    }
    job.durationMs += now() - startedMs;
    job.from = to + 1;
    if (to < job.n) return;
    jobs.shift();
    job.done({ primes: job.primes, durationMs: job.durationMs });
  }

  return (n) =>
    new Promise((done, failed) => {
      jobs.push({ n, done, failed, from: 0, primes: 0, durationMs: 0 });
      if (jobs.length === 1) setImmediate(takeTurn);
    });
}
