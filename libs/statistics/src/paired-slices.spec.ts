import { describe, expect, test } from 'vitest';
import { seededNormal } from '../fixtures/seeded-normal.ts';
import { sampleStandardDeviation } from './estimates.ts';
import {
  logRatioLessDisturbance,
  logRatioOfTotals,
  logRatiosOfSlices,
  slicesPerLaunch,
  trimmedMean,
  typicalLogRatio,
  typicalStartLogRatio,
  slowRequestsLogRatio,
  spreadOfRequests,
  typicalRequestLogRatio,
  typicalTailLogRatio,
  variationOfSlices,
  type Slice,
} from './paired-slices.ts';

const slice = (requests: number, durationMs: number, disturbedMs?: number): Slice => ({
  requests,
  durationMs,
  disturbedMs,
});

describe('logRatioOfTotals', () => {
  test('is requests ÷ time of all slices, whatever their lengths', () => {
    const pair = { candidate: [slice(10, 100), slice(5, 400)], baseline: [slice(30, 100)] };
    expect(Math.exp(logRatioOfTotals(pair))).toBeCloseTo(15 / 500 / (30 / 100), 12);
  });

  test('counts the time of a slice without a reply', () => {
    const pair = { candidate: [slice(10, 100), slice(0, 100)], baseline: [slice(10, 100)] };
    expect(Math.exp(logRatioOfTotals(pair))).toBeCloseTo(0.5, 12);
  });

  test.each([
    { candidate: [slice(10, 0)], message: 'slices: durationMs of candidate 0 is 0, expected more than 0' },
    { candidate: [slice(-1, 9)], message: 'slices: requests of candidate 0 is -1, expected 0 or more' },
    { candidate: [slice(0, 9)], message: 'slices: requests of candidate is 0, expected more than 0' },
    { candidate: [], message: 'slices: requests of candidate is 0, expected more than 0' },
  ])('says "$message"', ({ candidate, message }) => {
    expect(() => logRatioOfTotals({ candidate, baseline: [slice(1, 1)] })).toThrow(new RangeError(message));
  });
});

describe('logRatiosOfSlices', () => {
  test('pairs neighbours and leaves out a pair without replies', () => {
    const pair = {
      candidate: [slice(10, 100), slice(0, 100), slice(20, 100)],
      baseline: [slice(10, 100), slice(10, 100), slice(10, 100)],
    };
    const logs = logRatiosOfSlices(pair);
    expect(logs).toHaveLength(2);
    expect(logs[1]).toBeCloseTo(Math.LN2, 12);
  });

  test('refuses sides that are not in pairs', () => {
    expect(() => logRatiosOfSlices({ candidate: [], baseline: [slice(1, 1)] })).toThrow(
      new RangeError('slices: 0 of the candidate, 1 of the baseline, expected as many'),
    );
  });
});

describe('trimmedMean', () => {
  test('leaves out whole values at both ends', () => {
    expect(trimmedMean([100, 1, 2, 3, -50], 0.25)).toBe(2);
    expect(trimmedMean([1, 2, 6], 0.25)).toBe(3);
    expect(trimmedMean([4], 0.49)).toBe(4);
  });

  test.each([0, 0.5, -1, NaN])('refuses the share %s', (share) => {
    expect(() => trimmedMean([1, 2], share)).toThrow(RangeError);
  });
});

describe('typicalLogRatio', () => {
  test('does not feel single disturbed slices, but what all are slower by', () => {
    const baseline = Array.from({ length: 20 }, () => slice(10, 100));
    const candidate = baseline.map((_, place) => slice(10, place % 5 === 0 ? 400 : 105));
    expect(typicalLogRatio({ candidate, baseline })).toBeCloseTo(-Math.log(1.05), 12);
  });

  test('refuses sides that have no pair with replies', () => {
    expect(() => typicalLogRatio({ candidate: [slice(0, 1)], baseline: [slice(1, 1)] })).toThrow(RangeError);
  });
});

describe('typicalStartLogRatio', () => {
  test('is that of the starts without the slowest quarter of each side', () => {
    expect(Math.exp(typicalStartLogRatio([250, 990, 260, 240], [200, 192, 208, 300]))).toBeCloseTo(1.25, 12);
  });

  test('does not move with one start that the host made longer, in bursts of two and more', () => {
    expect(typicalStartLogRatio([100, 500], [100, 101])).toBe(0);
    expect(typicalStartLogRatio([100, 100, 500], [100, 100, 101])).toBe(0);
  });

  test('says what it cannot use', () => {
    expect(() => typicalStartLogRatio([1], [1, 2])).toThrow(
      new RangeError('starts: 1 of the candidate, expected at least 2'),
    );
    expect(() => typicalStartLogRatio([1, 2], [1, 0])).toThrow(
      new RangeError('starts: time of baseline 1 is 0, expected more than 0'),
    );
  });
});

describe('typicalTailLogRatio', () => {
  // every fifth request has to queue, the longer the later it comes
  const queued = Array.from({ length: 200 }, (_, place) => (place % 5 === 0 ? 8 + place / 200 : 4));
  const slower = queued.map((ms) => ms * 1.07);

  test('is the ratio of requests that are slow on both sides', () => {
    expect(Math.exp(typicalTailLogRatio(slower, queued) ?? NaN)).toBeCloseTo(1.07, 12);
    expect(typicalTailLogRatio(queued, slower)).toBeCloseTo(-Math.log(1.07), 12);
  });

  test('does not move with pauses of the host, however long', () => {
    const paused = slower.map((ms, place) => (place % 20 === 3 ? ms + 500 : ms));
    expect(Math.exp(typicalTailLogRatio(paused, queued) ?? NaN)).toBeCloseTo(1.07, 12);
  });

  test('leaves out requests that one side has no reply to, and needs 60 of both', () => {
    const failed = slower.map((ms, place) => (place % 2 === 0 ? null : ms));
    expect(Math.exp(typicalTailLogRatio(failed, queued) ?? NaN)).toBeCloseTo(1.07, 12);
    expect(typicalTailLogRatio(slower.slice(0, 59), queued.slice(0, 59))).toBeUndefined();
  });

  test('says what it cannot use', () => {
    expect(() => typicalTailLogRatio([1], [1, 2])).toThrow(
      'requests: 1 of the candidate, 2 of the baseline, expected as many',
    );
    expect(() => typicalTailLogRatio([0], [1])).toThrow(
      'requests: latency of candidate 0 is 0, expected more than 0',
    );
  });
});

describe('typicalRequestLogRatio', () => {
  // the host changes its speed within the window, and both sides feel it alike
  const even = Array.from({ length: 100 }, (_, place) => (place < 50 ? 4 : 6) + place / 100);
  const slower = even.map((ms) => ms * 1.07);

  test('is the ratio where all requests take that much longer', () => {
    expect(Math.exp(typicalRequestLogRatio(slower, even) ?? NaN)).toBeCloseTo(1.07, 12);
    expect(typicalRequestLogRatio(even, slower)).toBeCloseTo(-Math.log(1.07), 12);
  });

  test('does not move with what makes one request in five longer', () => {
    const paused = slower.map((ms, place) => (place % 5 === 3 ? ms + 500 : ms));
    expect(Math.exp(typicalRequestLogRatio(paused, even) ?? NaN)).toBeCloseTo(1.07, 12);
  });

  test('leaves out requests that one side has no reply to, and needs 20 of both', () => {
    const failed = slower.map((ms, place) => (place % 2 === 0 ? null : ms));
    expect(Math.exp(typicalRequestLogRatio(failed, even) ?? NaN)).toBeCloseTo(1.07, 12);
    expect(typicalRequestLogRatio(slower.slice(0, 19), even.slice(0, 19))).toBeUndefined();
  });
});

describe('spreadOfRequests', () => {
  const windowOf = (count: number, spread: number, seed: number, factor = 1): number[] => {
    const normal = seededNormal(seed);
    return Array.from({ length: count }, () => factor * 5 * Math.exp(spread * normal()));
  };
  const spread = (count: number, each: number, factor = 1) =>
    spreadOfRequests(windowOf(count, each, 1, factor), windowOf(count, each, 2), typicalRequestLogRatio, 3) ??
    NaN;

  test('is how much windows of as many requests vary', () => {
    const many = Array.from(
      { length: 400 },
      (_, place) =>
        typicalRequestLogRatio(windowOf(200, 0.2, 2 * place), windowOf(200, 0.2, 2 * place + 1)) ?? NaN,
    );
    const truth = sampleStandardDeviation(many);
    expect(spread(200, 0.2) / truth).toBeGreaterThan(0.75);
    expect(spread(200, 0.2) / truth).toBeLessThan(1.33);
  });

  test('halves with four times as many, and not with how far apart the sides are', () => {
    expect(spread(1600, 0.2) / spread(400, 0.2)).toBeGreaterThan(0.35);
    expect(spread(1600, 0.2) / spread(400, 0.2)).toBeLessThan(0.65);
    expect(spread(400, 0.2, 3)).toBeCloseTo(spread(400, 0.2), 10);
  });

  test('is not known where there is no ratio', () => {
    expect(spread(12, 0.2)).toBeNaN();
  });
});

describe('slowRequestsLogRatio', () => {
  const even = Array.from({ length: 200 }, (_, place) => 4 + place / 200);
  const timesFor = (factor: number, every: number): number[] =>
    even.map((ms, place) => (place % every === 0 ? ms * factor : ms));

  test('is the ratio where all requests, or all slow ones, take that much longer', () => {
    const slower = even.map((ms) => ms * 1.07);
    expect(Math.exp(slowRequestsLogRatio(slower, even) ?? NaN)).toBeCloseTo(1.07, 12);
    expect(slowRequestsLogRatio(even, slower)).toBeCloseTo(-Math.log(1.07), 12);
    const slowOnes = even.map((ms, place) => (place >= 180 ? ms * 1.07 : ms));
    expect(Math.exp(slowRequestsLogRatio(slowOnes, even) ?? NaN)).toBeCloseTo(1.07, 12);
  });

  test('sees what only one side is slow for: one request in ten, hardly one in fifty', () => {
    expect(Math.exp(slowRequestsLogRatio(timesFor(3, 10), even) ?? NaN)).toBeGreaterThan(2);
    expect(Math.exp(slowRequestsLogRatio(timesFor(3, 50), even) ?? NaN)).toBeLessThan(1.1);
  });

  test('has no figure where a request had no good reply, or with fewer than 60', () => {
    expect(slowRequestsLogRatio([...even.slice(1), null], even)).toBeUndefined();
    expect(slowRequestsLogRatio(even.slice(0, 59), even.slice(0, 59))).toBeUndefined();
    expect(() => slowRequestsLogRatio([0, ...even], even)).toThrow(
      'requests: latency of candidate 0 is 0, expected more than 0',
    );
  });
});

describe('logRatioLessDisturbance', () => {
  /** Slices of 80 ms, of which now and then the host takes what a meter tells by half. */
  function disturbed(count: number, seed: number, usualMs = 80): Slice[] {
    const normal = seededNormal(seed);
    return Array.from({ length: count }, () => {
      const takenMs = Math.max(0, 40 * normal());
      return slice(10, usualMs + takenMs, takenMs / 2);
    });
  }

  test('takes out what the host cost either side', () => {
    const pair = { candidate: disturbed(60, 1), baseline: disturbed(60, 2) };
    expect(Math.abs(logRatioOfTotals(pair))).toBeGreaterThan(0.005);
    expect(logRatioLessDisturbance(pair)).toBeCloseTo(0, 10);
  });

  test('keeps what the candidate does to itself', () => {
    const stalls = disturbed(60, 1).map((each, place) =>
      place % 10 === 0 ? { ...each, durationMs: each.durationMs + 160 } : each,
    );
    const told = logRatioLessDisturbance({ candidate: stalls, baseline: disturbed(60, 2) });
    expect(told).toBeCloseTo(-Math.log(1.2), 10);
  });

  test('is the ratio of totals where the evidence has no bearing, is absent, or slices are few', () => {
    const constant = disturbed(60, 1).map((each) => ({ ...each, disturbedMs: 3 }));
    const without = { candidate: disturbed(60, 3), baseline: constant };
    expect(logRatioLessDisturbance(without)).toBeCloseTo(logRatioOfTotals(without), 12);
    const few = { candidate: disturbed(19, 1), baseline: disturbed(19, 2) };
    expect(logRatioLessDisturbance(few)).toBe(logRatioOfTotals(few));
    const untold = { candidate: [slice(10, 100)], baseline: [slice(10, 90)] };
    expect(logRatioLessDisturbance(untold)).toBe(logRatioOfTotals(untold));
  });

  test('learns the cost from more copies of the baseline', () => {
    const pair = { candidate: disturbed(10, 1), baseline: disturbed(10, 2) };
    expect(logRatioLessDisturbance(pair, [...pair.baseline, ...disturbed(40, 3)])).toBeCloseTo(0, 10);
  });

  test('refuses a negative disturbance', () => {
    expect(() => logRatioLessDisturbance({ candidate: [slice(1, 1, -1)], baseline: [slice(1, 1)] })).toThrow(
      new RangeError('slices: disturbedMs of candidate 0 is -1, expected 0 or more'),
    );
  });
});

describe('within and between launches', () => {
  /** Launches of 60 pairs of slices, with known spreads. */
  const launches = (within: number, between: number, many: number) => {
    const normal = seededNormal(7);
    return Array.from({ length: many }, () => {
      const ofLaunch = 0.3 + between * normal();
      const baseline = Array.from({ length: 60 }, () => ({ requests: 10, durationMs: 50 }));
      const candidate = baseline.map(({ requests }) => ({
        requests,
        durationMs: 50 * Math.exp(-ofLaunch - within * normal()),
      }));
      return { candidate, baseline };
    });
  };

  test('finds both spreads', () => {
    const found = variationOfSlices(launches(0.09, 0.02, 400));
    // a trimmed mean of normal values varies by a fifth more in variance than the mean
    expect(found.within).toBeGreaterThan(0.085);
    expect(found.within).toBeLessThan(0.108);
    expect(found.between).toBeCloseTo(0.02, 2);
  });

  test('says 0 between launches that differ by their slices only', () => {
    expect(variationOfSlices(launches(0.09, 0, 400)).between).toBeLessThan(0.005);
  });

  test('wants a launch as long as costs and spreads say', () => {
    const costs = { launch: 2.7, slice: 0.05 };
    expect(slicesPerLaunch({ within: 0.09, between: 0.012 }, costs)).toBeCloseTo(Math.sqrt(54) * 7.5, 6);
    expect(slicesPerLaunch({ within: 0.01, between: 0.5 }, costs)).toBe(1);
    expect(slicesPerLaunch({ within: 0.01, between: 0 }, costs)).toBe(Infinity);
    expect(slicesPerLaunch({ within: 0, between: 0 }, costs)).toBe(Infinity);
    expect(() => slicesPerLaunch({ within: 0.01, between: 0 }, { launch: 0, slice: 1 })).toThrow(RangeError);
  });

  test('takes what few launches differ by for chance rather than for more than is sure', () => {
    const few = variationOfSlices(launches(0.09, 0.1, 3)).between;
    const many = variationOfSlices(launches(0.09, 0.1, 400)).between;
    expect(few).toBeLessThan(many);
    expect(many).toBeGreaterThan(0.09);
  });

  test('knows of a single launch only what is within it', () => {
    expect(variationOfSlices(launches(0.09, 0.5, 1)).between).toBe(0);
    expect(() => variationOfSlices([])).toThrow('no launches, expected at least 1');
  });
});
