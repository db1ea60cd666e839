import { expect, test } from 'vitest';
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { pairedRatio } from './paired-ratio.ts';

const sixRounds = [1, 2, 3, 4, 5, 6];

test.each(reference.pairedRatios)('gives ratio $ratio and its interval as R does', (expected) => {
  const actual = pairedRatio(expected.candidate, expected.baseline);

  expect(actual.n).toBe(expected.candidate.length);
  expectCloseToR(actual.ratio, expected.ratio, 'ratio');
  expected.ci95.forEach((bound, side) => expectCloseToR(actual.ci95?.[side], bound, `ci95[${side}]`));
});

test('has no warning with six full rounds', () => {
  expect(pairedRatio(sixRounds, sixRounds)).toEqual({ n: 6, ratio: 1, ci95: [1, 1], warnings: [] });
});

test('is the inverse with the sides exchanged', () => {
  const there = pairedRatio([2, 3, 5], [1, 2, 4]);
  const back = pairedRatio([1, 2, 4], [2, 3, 5]);
  expect((there.ratio ?? NaN) * (back.ratio ?? NaN)).toBeCloseTo(1, 14);
});

test('pairs by round: a drift that both share leaves no trace', () => {
  const drifting = [100, 150, 90, 300, 20, 75];
  const { ratio, ci95 } = pairedRatio(
    drifting.map((value) => value * 1.03),
    drifting,
  );
  expect(ratio).toBeCloseTo(1.03, 12);
  expect(ci95?.[0]).toBeCloseTo(1.03, 12);
  expect(ci95?.[1]).toBeCloseTo(1.03, 12);
});

test('warns of fewer than six rounds', () => {
  expect(pairedRatio([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).warnings).toEqual([
    { code: 'too-few-rounds', message: 'needs at least 6 rounds' },
  ]);
});

test('has a ratio but no interval with one round', () => {
  expect(pairedRatio([2], [1])).toMatchObject({ n: 1, ratio: 2, ci95: null });
});

test('has neither without a round', () => {
  expect(pairedRatio([], [])).toMatchObject({ n: 0, ratio: null, ci95: null });
});

test.each([null, undefined, 0, -1])('leaves out the round where a side is %s, and says so', (unusable) => {
  const leftOut = {
    code: 'rounds-left-out',
    message: '1 of 7 rounds left out: candidate or baseline missing or not positive',
  };
  const full = { n: 6, ratio: 1, ci95: [1, 1], warnings: [leftOut] };
  expect(pairedRatio([...sixRounds, unusable], [...sixRounds, 9])).toEqual(full);
  expect(pairedRatio([9, ...sixRounds], [unusable, ...sixRounds])).toEqual(full);
});

test('gives no interval that is too wide for a number', () => {
  const { ratio, ci95, warnings } = pairedRatio([1e300, 1], [1, 1]);
  expect(ratio).toBeCloseTo(1e150, -148);
  expect(ci95).toBeNull();
  expect(warnings.map(({ code }) => code)).toContain('out-of-range');
});

test('refuses lists of different length', () => {
  expect(() => pairedRatio([1, 2], [1])).toThrow(
    new RangeError('pairedRatio: 2 rounds of the candidate, 1 of the baseline, expected as many'),
  );
});

test('names the side and the round of a value that is not finite', () => {
  expect(() => pairedRatio([1, 2], [1, Infinity])).toThrow(
    new RangeError('pairedRatio: baseline value 1 is Infinity, expected a finite number'),
  );
});
