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

it('takes the latencies of an open loop from the planned times, wherever the window began', () => {
  // two requests before the window, which began at 100; the third of the window arrives 4 ms late, and each gets its reply
  // 2 ms after it arrives
  const plannedMs = [3, 9, 27, 30, 43];
  const served = [60, 90, 103, 109, 131, 130, 143].map((arrivedMs) => ({
    arrivedMs,
    repliedMs: arrivedMs + 2,
  }));
  const truth = openTruth(served, plannedMs);
  expect(truth.p50).toBeCloseTo(2, 9);
  expect(truth.max).toBeCloseTo(5, 9);
});
