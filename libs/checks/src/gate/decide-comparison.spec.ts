import { expect, it } from 'vitest';
import { decideComparison, type GateEvidence } from './decide-comparison.ts';

/** A comparison of 30 rounds with a margin of 2 % and a threshold of 10 %. */
const evidence = (given: Partial<GateEvidence>): GateEvidence => ({
  n: 30,
  ratio: 1,
  ci95: [0.99, 1.01],
  ci90: [0.992, 1.008],
  p: 1,
  logRatioStdev: 0.03,
  margin: 0.02,
  threshold: 0.1,
  direction: 'lower',
  ...given,
});
const around = (ratio: number, half: number, p: number): Partial<GateEvidence> => ({
  ratio,
  ci95: [ratio - half, ratio + half],
  ci90: [ratio - half * 0.8, ratio + half * 0.8],
  p,
});

it.each([
  ['the same', around(1, 0.01, 1), 'pass'],
  ['better', around(0.8, 0.01, 0.001), 'pass'],
  ['worse beyond the margin for certain', around(1.2, 0.05, 0.001), 'regression'],
  ['worse by less than the threshold, but for certain', around(1.05, 0.01, 0.001), 'regression'],
  ['worse, but within the margin', around(1.01, 0.005, 0.001), 'pass'],
  ['worse, but not after the correction for all metrics', around(1.2, 0.05, 0.06), 'undecided'],
  ['perhaps worse by the threshold', around(1.03, 0.08, 0.6), 'undecided'],
  ['perhaps worse by less than the threshold', around(1.03, 0.05, 0.6), 'pass'],
  ['without an interval', { ci95: null, ci90: null, p: null }, 'undecided'],
  ['without a figure', { ratio: null, ci95: null, ci90: null, p: null, logRatioStdev: null }, 'undecided'],
  ['of fewer than 6 rounds', { ...around(1, 0.001, 1), n: 5 }, 'undecided'],
] as const)('%s', (_, given, decision) => {
  expect(decideComparison(evidence(given)).decision).toBe(decision);
});

it('takes less throughput for worse, and as bad as the same factor of time', () => {
  const slower = { ...around(0.8, 0.02, 0.001), direction: 'higher' } as const;
  expect(decideComparison(evidence(slower)).decision).toBe('regression');
  // 1 / 1.1 is 0.909: the edge of the threshold
  const edge = (low: number) =>
    decideComparison(evidence({ ratio: 0.95, ci95: [low, 1], ci90: [low, 1], p: 0.5, direction: 'higher' }));
  expect(edge(0.91).decision).toBe('pass');
  expect(edge(0.908).decision).toBe('undecided');
});

it('says how many rounds more would tell, the more the wider the spread', () => {
  const [narrow, wide] = [0.1, 0.2].map((logRatioStdev) =>
    decideComparison(evidence({ ...around(1.03, 0.1, 0.6), n: 10, logRatioStdev })),
  );
  expect(narrow?.roundsMore).toBeGreaterThan(0);
  expect(wide?.roundsMore).toBeGreaterThan(narrow?.roundsMore ?? Infinity);
});

it('says when no number of rounds in reach would tell', () => {
  expect(decideComparison(evidence({ ...around(1.1, 2, 0.6), logRatioStdev: 9 })).roundsMore).toBeNull();
});
