import { expect, it } from 'vitest';
import { closedTruth, openTruth } from './check-latency.ts';

const window = { fromMs: 0, untilMs: 1000 };

it('takes the latencies of a closed loop from arrival to reply', () => {
  const served = [10, 20, 30].map((arrivedMs) => ({ arrivedMs, repliedMs: arrivedMs + 5 }));
  expect(closedTruth([...served, { arrivedMs: 1500, repliedMs: 1700 }], window)).toMatchObject({
    p50: 5,
    max: 5,
  });
});

it('finds the plan of an open loop, and counts what came late from its planned time', () => {
  // planned every 10 ms from 3 on; the third arrives 4 ms late, and each gets its reply 2 ms after it arrives
  const served = [3, 13, 27, 33, 43].map((arrivedMs) => ({ arrivedMs, repliedMs: arrivedMs + 2 }));
  const truth = openTruth(served, 100, window);
  expect(truth.p50).toBeCloseTo(2, 9);
  expect(truth.max).toBeCloseTo(6, 9);
});
