import { expect, it } from 'vitest';
import { createCountingQueue } from './counting-queue.ts';
import { createPrimeCounter } from './prime-counter.ts';

const countPrimes = createPrimeCounter();

it('counts for many at a time, first come, first served', async () => {
  const count = createCountingQueue(countPrimes);
  const order: number[] = [];
  const expected = [100_000_000, 7, 300_000, 30_000_000, 0, 10_000_000];
  const counts = await Promise.all(
    expected.map(async (n) => {
      const { primes } = await count(n);
      order.push(n);
      return primes;
    }),
  );
  expect(counts).toEqual([5_761_455, 4, 25_997, 1_857_859, 0, 664_579]);
  expect(order).toEqual(expected);
});

it('lets the event loop turn when it has counted for 3 ms and finished what it was at', async () => {
  let nowMs = 0;
  let sinceTurnMs = 0;
  let mostMs = 0;
  // a machine that sieves two million numbers in a millisecond
  const count = createCountingQueue(
    (n, from = 0) => {
      const tookMs = (n + 1 - from) / 2_000_000;
      nowMs += tookMs;
      sinceTurnMs += tookMs;
      mostMs = Math.max(mostMs, sinceTurnMs);
      return 1;
    },
    () => nowMs,
  );
  let turning = true;
  const turn = () => {
    sinceTurnMs = 0;
    if (turning) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all([100_000_000, 10_000_000, 5_000_000, 5_000_000, 3].map(count));
  turning = false;
  expect(mostMs).toBeGreaterThan(3);
  expect(mostMs).toBeLessThan(3 + 5.5);
});

it('gives the time spent on a count, not on waiting for the others', async () => {
  const count = createCountingQueue(countPrimes);
  const [, small] = await Promise.all([count(100_000_000), count(10)]);
  expect(small.durationMs).toBeLessThan(5);
});

it('goes on after a count that failed', async () => {
  const count = createCountingQueue((n) => {
    if (n === 1) throw new Error('inside');
    return n;
  });
  const [failed, next] = await Promise.allSettled([count(1), count(2)]);
  expect(failed).toEqual({ status: 'rejected', reason: new Error('inside') });
  expect(next).toMatchObject({ status: 'fulfilled', value: { primes: 2 } });
});
