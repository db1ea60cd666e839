import { expect, it } from 'vitest';
import { binomialInterval, shareItem, shareOf, type ShareRule } from './shares.ts';

const share = (hits: number, runs: number) =>
  shareOf({
    part: 'aa',
    source: 'simulated',
    design: '12 rounds',
    slowdownPercent: 0,
    metric: 'throughputRps',
    outcome: 'significant',
    hits,
    runs,
  });

it.each<[ShareRule, number, number, boolean | null]>([
  [{ kind: 'nominal' }, 100, 2000, true],
  [{ kind: 'nominal' }, 60, 2000, false],
  [{ kind: 'nominal' }, 140, 2000, false],
  [{ kind: 'below-nominal' }, 60, 2000, true],
  [{ kind: 'below-nominal' }, 100, 2000, false],
  [{ kind: 'not-above-nominal', familySize: 7 }, 0, 40, true],
  [{ kind: 'not-above-nominal', familySize: 1 }, 6, 40, false],
  // of seven metrics one may lie a little further out
  [{ kind: 'not-above-nominal', familySize: 7 }, 6, 40, true],
  [{ kind: 'at-least', percent: 90 }, 90, 100, true],
  [{ kind: 'at-least', percent: 90 }, 89, 100, false],
  [{ kind: 'shown' }, 89, 100, null],
])('judges %j: %i of %i', (rule, hits, runs, passed) => {
  expect(shareItem(share(hits, runs), rule).passed).toBe(passed);
});

it('shows the interval', () => {
  const item = shareItem(share(100, 2000), { kind: 'nominal' });
  expect(item.what).toBe('12 rounds, Throughput: p < 0.05');
  expect(item.errorText).toBe('100 of 2000, 95 % interval 4.1 … 6.0 %');
});

// R 4: binom.test(hits, runs, conf.level = confidence)$conf.int
it.each([
  [0, 10, 0.95, 0, 0.308497107819],
  [10, 10, 0.95, 0.691502892181, 1],
  [1, 20, 0.95, 0.00126508949795, 0.24873276277203],
  [23, 456, 0.95, 0.0322388412532, 0.0747239244712],
  [100, 2000, 0.95, 0.0408642677183, 0.0604817220832],
  [7, 40, 0.99, 0.0536705169356, 0.3763230565904],
])('gives the bounds of %i in %i at %f', (hits, runs, confidence, lower, upper) => {
  const interval = binomialInterval(hits, runs, confidence);
  expect(interval[0]).toBeCloseTo(lower, 11);
  expect(interval[1]).toBeCloseTo(upper, 11);
});

it('mirrors hits and misses', () => {
  const [lower, upper] = binomialInterval(3, 50);
  const [mirroredLower, mirroredUpper] = binomialInterval(47, 50);
  expect(mirroredLower).toBeCloseTo(1 - upper, 12);
  expect(mirroredUpper).toBeCloseTo(1 - lower, 12);
});

it('refuses what is no share', () => {
  expect(() => binomialInterval(3, 2)).toThrow('hits is 3, expected a whole number from 0 to 2');
  expect(() => binomialInterval(0, 0)).toThrow('runs is 0, expected a whole number of at least 1');
  expect(() => binomialInterval(1, 2, 1)).toThrow('confidence is 1, expected between 0 and 1');
});
