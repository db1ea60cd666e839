import { expect, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { normalSample } from '../fixtures/seeded-normal.ts';
import { comparePaired } from './paired-comparison.ts';
import type { ComparisonOptions, PairedComparison } from './paired-comparison.ts';
import { minimumDetectableDifference } from './power.ts';
import { attainedLevel } from './sign-flip.ts';
import { verdictOf } from './verdict.ts';

const options: ComparisonOptions = { margin: 0.05, direction: 'lower', seed: 11 };

/** Two sides that share a drift, the candidate higher by `ratio`. */
function pair(n: number, ratio: number, seed: number): [candidate: number[], baseline: number[]] {
  const drift = normalSample(n, seed, 5, 0.2).map(Math.exp);
  const noise = normalSample(n, seed + 1, 0, 0.02).map(Math.exp);
  return [drift.map((value, round) => value * ratio * (noise[round] ?? NaN)), drift];
}

function figures({
  ratio,
  hodgesLehmannRatio,
  ci95,
  ci90,
  minimumDetectableRatio,
}: PairedComparison): number[] {
  return [ratio, hodgesLehmannRatio, ...(ci95 ?? []), ...(ci90 ?? []), minimumDetectableRatio].map(
    (figure) => figure ?? NaN,
  );
}

test.each(reference.pairedRatios)('gives the ratio $ratio as R does', ({ candidate, baseline, ratio }) => {
  const comparison = comparePaired(candidate, baseline, options);
  expect(comparison.n).toBe(candidate.length);
  expectCloseToR(comparison.ratio, ratio, 'ratio');
});

test('pairs by round: a drift that both share leaves no trace', () => {
  const drifting = [100, 150, 90, 300, 20, 75];
  const { ratio, ci95 } = comparePaired(
    drifting.map((value) => value * 1.03),
    drifting,
    options,
  );
  expect(ratio).toBeCloseTo(1.03, 12);
  expect(ci95?.[0]).toBeCloseTo(1.03, 12);
  expect(ci95?.[1]).toBeCloseTo(1.03, 12);
});

test.each([8, 20])('sees the ratio of two sides over %s rounds of drift', (n) => {
  const comparison = comparePaired(...pair(n, 1.2, 1), options);
  const [low, high] = comparison.ci95 ?? [NaN, NaN];
  expect(comparison).toMatchObject({ n, margin: 0.05, direction: 'lower', warnings: [] });
  expect(low).toBeGreaterThan(1.16);
  expect(high).toBeLessThan(1.24);
  expect(verdictOf(comparison)).toBe('worse');
});

test.each([8, 20])('over %s rounds the order of rounds does not matter', (n) => {
  const [candidate, baseline] = pair(n, 1.02, 3);
  expect(comparePaired(candidate.toReversed(), baseline.toReversed(), options)).toEqual(
    comparePaired(candidate, baseline, options),
  );
});

test.each([8, 20])('over %s rounds exchanging the sides inverts ratios and intervals', (n) => {
  const [candidate, baseline] = pair(n, 1.02, 3);
  const there = comparePaired(candidate, baseline, options);
  const back = comparePaired(baseline, candidate, options);
  expect(back.p).toBe(there.p);
  expect((back.ratio ?? NaN) * (there.ratio ?? NaN)).toBeCloseTo(1, 13);
  expect((back.hodgesLehmannRatio ?? NaN) * (there.hodgesLehmannRatio ?? NaN)).toBeCloseTo(1, 13);
  for (const name of ['ci95', 'ci90'] as const) {
    expect((back[name]?.[0] ?? NaN) * (there[name]?.[1] ?? NaN)).toBeCloseTo(1, 13);
    expect((back[name]?.[1] ?? NaN) * (there[name]?.[0] ?? NaN)).toBeCloseTo(1, 13);
  }
  expect(back.minimumDetectableRatio).toBeCloseTo(there.minimumDetectableRatio ?? NaN, 12);
});

test.each([8, 20])('over %s rounds the unit does not matter', (n) => {
  const [candidate, baseline] = pair(n, 1.02, 3);
  const inOther = (values: number[]) => values.map((value) => value * 1000);
  const one = comparePaired(candidate, baseline, options);
  const other = comparePaired(inOther(candidate), inOther(baseline), options);
  expect(other.p).toBe(one.p);
  figures(other).forEach((figure, place) => expect(figure).toBeCloseTo(figures(one)[place] ?? NaN, 12));
});

test.each([8, 12])('with %s rounds sees the smallest detectable ratio in about four runs of five', (n) => {
  const ones = Array.from({ length: n }, () => 1);
  const stdev = 0.03;
  const level = attainedLevel(n, 0.05);
  const difference = minimumDetectableDifference({ rounds: n, stdev, alpha: level });
  const runs = 500;
  const seen = Array.from({ length: runs }, (_, run) => {
    const candidate = normalSample(n, run, difference, stdev).map(Math.exp);
    return comparePaired(candidate, ones, options).p ?? NaN;
  }).filter((p) => p < 0.05).length;
  const fourSigma = 4 * Math.sqrt((0.8 * 0.2) / runs);
  expect(Math.abs(seen / runs - 0.8), `seen in ${seen} of ${runs}`).toBeLessThan(fourSigma);
});

test('a side against itself is the same', () => {
  const [candidate] = pair(10, 1, 1);
  const comparison = comparePaired(candidate, candidate, options);
  expect(comparison).toMatchObject({
    p: 1,
    ratio: 1,
    ci95: [1, 1],
    ci90: [1, 1],
    minimumDetectableRatio: 1,
  });
  expect(verdictOf(comparison)).toBe('same');
});

test('the estimate of Hodges and Lehmann stays when one round goes wild', () => {
  const [candidate, baseline] = pair(10, 1, 1);
  const wild = comparePaired([...candidate, 1e6], [...baseline, 1], options);
  expect(wild.ratio).toBeGreaterThan(3);
  expect(wild.hodgesLehmannRatio).toBeCloseTo(1, 1);
});

test.each([0, 1, 2, 3, 4, 5])('with %s rounds could see nothing, and says so', (n) => {
  const comparison = comparePaired(...pair(n, 3, 1), options);
  expect(comparison.ci95).toBeNull();
  expect(comparison.minimumDetectableRatio).toBeNull();
  expect(comparison.warnings).toEqual([{ code: 'too-few-rounds', message: 'needs at least 6 rounds' }]);
  expect(verdictOf(comparison)).toBe('undecided');
});

test('has nothing but null without a round', () => {
  expect(comparePaired([], [], options)).toMatchObject({
    n: 0,
    ratio: null,
    hodgesLehmannRatio: null,
    p: null,
    ci90: null,
    logRatioStdev: null,
    minimumDetectableRatio: null,
  });
});

test('has a ratio and p = 1 with one round', () => {
  expect(comparePaired([2], [1], options)).toMatchObject({
    n: 1,
    ratio: 2,
    hodgesLehmannRatio: 2,
    p: 1,
    logRatioStdev: null,
    minimumDetectableRatio: null,
  });
});

test.each([null, undefined, 0, -1])('leaves out the round where a side is %s, and says so', (unusable) => {
  const twos = [2, 2, 2, 2, 2, 2];
  const ones = [1, 1, 1, 1, 1, 1];
  const leftOut = {
    code: 'rounds-left-out',
    message: '1 of 7 rounds left out: candidate or baseline missing or not positive',
  };
  const full = { n: 6, ratio: 2, p: 0.03125, ci95: [2, 2], warnings: [leftOut] };
  expect(comparePaired([...twos, unusable], [...ones, 9], options)).toMatchObject(full);
  expect(comparePaired([9, ...twos], [unusable, ...ones], options)).toMatchObject(full);
});

test('never gives NaN or infinity', () => {
  const extremes = [5e-324, 1e-300, 1e-9, 1, 1e9, 1e300, Number.MAX_VALUE];
  for (let n = 0; n <= 14; n += 1) {
    const candidate = Array.from({ length: n }, (_, round) => extremes[(round * 3) % 7] ?? NaN);
    const baseline = Array.from({ length: n }, (_, round) => extremes[(round * 5 + 1) % 7] ?? NaN);
    const { warnings, direction, ci95, ci90, ...rest } = comparePaired(candidate, baseline, options);
    const all = [...Object.values(rest), ...(ci95 ?? []), ...(ci90 ?? [])];
    expect(all.filter((figure) => figure !== null && !Number.isFinite(figure))).toEqual([]);
    expect(direction).toBe('lower');
    expect(Array.isArray(warnings)).toBe(true);
  }
});

test('says when a figure is too large for a number', () => {
  const { ci90, warnings } = comparePaired([1e300, 1e300, 1e300, 1, 1], [1e-300, 1, 1, 1, 1], options);
  expect(ci90).toBeNull();
  expect(warnings.map(({ code }) => code)).toContain('out-of-range');
});

test('refuses a margin below 0', () => {
  expect(() => comparePaired([1], [1], { ...options, margin: -0.05 })).toThrow(
    new RangeError('comparePaired: margin is -0.05, expected 0 or more'),
  );
});

test('names itself when lists differ in length', () => {
  expect(() => comparePaired([1, 2], [1], options)).toThrow(
    new RangeError('comparePaired: 2 rounds of the candidate, 1 of the baseline, expected as many'),
  );
});

test('names the side and the round of a value that is not finite', () => {
  expect(() => comparePaired([1, 2], [1, Infinity], options)).toThrow(
    new RangeError('comparePaired: baseline value 1 is Infinity, expected a finite number'),
  );
});
