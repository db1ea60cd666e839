import { describe, expect, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import { normalSample } from '../fixtures/seeded-normal.ts';
import { attainedLevel, fewestRounds, fewestRoundsFor, signFlipTest, smallestP } from './sign-flip.ts';
import { holmAdjusted } from './verdict.ts';

describe('signFlipTest', () => {
  const confidences = { ci99: 0.99, ci95: 0.95, ci90: 0.9, ci50: 0.5 } as const;
  const confidenceNames = ['ci99', 'ci95', 'ci90', 'ci50'] as const;

  test.each(reference.signFlips)(
    'gives p and intervals of $values as R does from the definition',
    (expected) => {
      const actual = signFlipTest(expected.values, 1);

      expectCloseToR(actual.p, expected.p, 'p');
      for (const name of confidenceNames) {
        const interval = actual.interval(confidences[name]);
        const bounds = expected[name];
        if (bounds === null) expect(interval).toBeNull();
        else bounds.forEach((bound, side) => expectCloseToR(interval?.[side], bound, `${name}[${side}]`));
      }
    },
  );

  test.each(reference.manySignFlips)(
    'with random flips comes near the exact p and intervals of $values',
    (exact) => {
      const range = Math.max(...exact.values) - Math.min(...exact.values);
      const fourSigma = 4 * Math.sqrt((exact.p * (1 - exact.p)) / 10_000);
      for (const seed of [1, 2, 3]) {
        const actual = signFlipTest(exact.values, seed);
        expect(Math.abs(actual.p - exact.p)).toBeLessThan(fourSigma);
        for (const name of ['ci95', 'ci90', 'ci50'] as const) {
          exact[name].forEach((bound, side) => {
            const distance = Math.abs((actual.interval(confidences[name])?.[side] ?? NaN) - bound);
            expect(distance / range, `${name}[${side}]`).toBeLessThan(0.02);
          });
        }
      }
    },
  );

  test('rejects a true hypothesis exactly as often as its p-value says', () => {
    const sizes = normalSample(9, 4).map(Math.abs);
    const patterns = 2 ** sizes.length;
    // Under the hypothesis, every sign pattern of the same sizes is equally likely.
    const pValues = Array.from({ length: patterns }, (_, pattern) =>
      signFlipTest(
        sizes.map((size, place) => ((pattern >> place) & 1 ? -size : size)),
        1,
      ),
    ).map(({ p }) => p);
    for (const p of new Set(pValues)) {
      expect(pValues.filter((other) => other <= p).length / patterns).toBeCloseTo(p, 12);
    }
  });

  test('rejects a true hypothesis no more often than it says when values tie', () => {
    const sizes = [1, 1, 1, 2, 2, 3, 0, 5];
    const patterns = 2 ** sizes.length;
    const pValues = Array.from(
      { length: patterns },
      (_, pattern) =>
        signFlipTest(
          sizes.map((size, place) => ((pattern >> place) & 1 ? -size : size)),
          1,
        ).p,
    );
    for (const alpha of new Set(pValues)) {
      expect(pValues.filter((p) => p <= alpha).length / patterns).toBeLessThanOrEqual(alpha);
    }
  });

  test('has uniform p-values under the hypothesis with random flips', () => {
    const runs = 200;
    const pValues = Array.from({ length: runs }, (_, run) => signFlipTest(normalSample(13, run), run).p);
    for (const alpha of [0.05, 0.1, 0.25, 0.5, 0.75]) {
      const share = pValues.filter((p) => p <= alpha).length / runs;
      const threeSigma = 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
      expect(Math.abs(share - alpha), `share of p ≤ ${alpha}: ${share}`).toBeLessThan(threeSigma);
    }
  });

  test.each([1, 2, 5, 6, 9, 12, 13, 20])(
    'with %s values the interval excludes 0 exactly when p says so',
    (n) => {
      for (let run = 0; run < 40; run += 1) {
        const { p, interval } = signFlipTest(normalSample(n, run, 0.5), 7);
        for (const confidence of [0.5, 0.8, 0.9, 0.95, 0.99]) {
          const bounds = interval(confidence);
          const excludes = bounds !== null && (bounds[0] > 0 || bounds[1] < 0);
          expect(excludes, `p ${p}, confidence ${confidence}, run ${run}`).toBe(p < 1 - confidence);
        }
      }
    },
  );

  test.each([8, 12, 13, 30])('with %s values the bounds are where the test turns', (n) => {
    const values = normalSample(n, 5, 3);
    const pAt = (centre: number) =>
      signFlipTest(
        values.map((value) => value - centre),
        7,
      ).p;
    for (const confidence of [0.9, 0.95]) {
      const [lower, upper] = signFlipTest(values, 7).interval(confidence) ?? [NaN, NaN];
      for (const outwards of [-1e-6, 1e-6]) {
        expect(pAt(outwards < 0 ? lower - outwards : upper - outwards)).toBeGreaterThanOrEqual(
          1 - confidence,
        );
        expect(pAt(outwards < 0 ? lower + outwards : upper + outwards)).toBeLessThan(1 - confidence);
      }
    }
  });

  test('a sum that is 0 but for rounding counts as 0', () => {
    const { p, interval } = signFlipTest([0.1, 0.2, 0.3, -0.3, -0.2, -0.1, 0.1, -0.1], 1);
    expect(p).toBe(1);
    expect(interval(0.5)?.map(Math.sign)).toEqual([-1, 1]);
    // Flipping 0.1, 0.2 and −0.3 changes nothing; 0.1 + 0.2 − 0.3 is 5.6e-17.
    expect(signFlipTest([0.1, 0.2, -0.3, 5], 1).p).toBe(signFlipTest([1, 2, -3, 50], 1).p);
  });

  test.each([4, 13])('%s equal values make an interval of one point', (n) => {
    const values = Array.from({ length: n }, () => 0.1);
    expect(signFlipTest(values, 1).interval(0.5)).toEqual([0.1, 0.1]);
  });

  test.each([3, 13])('%s zeros have p = 1', (n) => {
    const { p, interval } = signFlipTest(
      Array.from({ length: n }, () => 0),
      1,
    );
    expect(p).toBe(1);
    expect(interval(0.5)).toEqual([0, 0]);
  });

  test('never gives the p-value 0', () => {
    const values = normalSample(60, 1, 100);
    expect(signFlipTest(values, 1).p).toBe(1 / 10_001);
  });

  test.each([10, 25])('with %s values the order of the values does not matter', (n) => {
    const values = normalSample(n, 3, 0.3);
    const one = signFlipTest(values, 9);
    const other = signFlipTest(values.toReversed(), 9);
    expect(other.p).toBe(one.p);
    expect(other.interval(0.95)).toEqual(one.interval(0.95));
  });

  test.each([10, 25])('with %s values the opposite values have the opposite interval', (n) => {
    const values = normalSample(n, 3, 0.3);
    const one = signFlipTest(values, 9);
    const other = signFlipTest(
      values.map((value) => -value),
      9,
    );
    expect(other.p).toBe(one.p);
    expect(other.interval(0.95)?.[0]).toBeCloseTo(-(one.interval(0.95)?.[1] ?? NaN), 13);
    expect(other.interval(0.95)?.[1]).toBeCloseTo(-(one.interval(0.95)?.[0] ?? NaN), 13);
  });

  test('is wholly determined by its seed', () => {
    const values = normalSample(20, 3, 0.3);
    expect(signFlipTest(values, 5).p).toBe(signFlipTest(values, 5).p);
    expect(signFlipTest(values, 5).interval(0.95)).not.toEqual(signFlipTest(values, 6).interval(0.95));
  });

  test('refuses no values', () => {
    expect(() => signFlipTest([], 1)).toThrow(new RangeError('signFlipTest: needs at least 1 value, got 0'));
  });

  test.each([0, 1, 95, NaN])('refuses the confidence %s', (confidence) => {
    expect(() => signFlipTest([1, 2], 1).interval(confidence)).toThrow(
      new RangeError(`signFlipTest: confidence is ${confidence}, expected between 0 and 1`),
    );
  });
});

describe('attainedLevel', () => {
  test.each([
    { n: 5, level: 0 },
    { n: 6, level: 1 / 32 },
    { n: 7, level: 3 / 64 },
    { n: 10, level: 25 / 512 },
    { n: 30, level: 500 / 10_001 },
  ])('of $n values, p < 0.05 comes out with a chance of $level', ({ n, level }) => {
    expect(attainedLevel(n, 0.05)).toBe(level);
  });

  test.each([1, 2, 6, 12, 40])('the clearest result of %s values has the smallest p', (n) => {
    const clearest = Array.from({ length: n }, (_, place) => 1 + place);
    expect(signFlipTest(clearest, 1).p).toBeCloseTo(smallestP(n), 8);
  });
});

describe('fewestRoundsFor', () => {
  /** The Holm-adjusted p of the clearest result that there can be, in a family where all others show nothing. */
  function bestAdjusted(rounds: number, familySize: number): number {
    const { p } = signFlipTest(
      Array.from({ length: rounds }, () => 1),
      1,
    );
    return holmAdjusted(Array.from({ length: familySize }, (_, place) => (place === 0 ? p : 1)))[0] ?? NaN;
  }

  test.each([1, 2, 3, 16, 50, 96])(
    'is where a comparison among %s can first be significant',
    (familySize) => {
      const fewest = fewestRoundsFor(familySize) ?? NaN;
      expect(bestAdjusted(fewest, familySize)).toBeLessThan(0.05);
      expect(bestAdjusted(fewest - 1, familySize)).toBeGreaterThanOrEqual(0.05);
    },
  );

  test('is six rounds for a single comparison', () => {
    expect(fewestRoundsFor(1)).toBe(fewestRounds);
  });

  test('is nothing for a family too large for the random flips', () => {
    expect(fewestRoundsFor(300)).toBe(15);
    expect(bestAdjusted(30, 490)).toBeLessThan(0.05);
    expect(fewestRoundsFor(501)).toBeNull();
  });

  test.each([0, 1.5, NaN])('refuses a family of %s', (familySize) => {
    expect(() => fewestRoundsFor(familySize)).toThrow(
      new RangeError(`fewestRoundsFor: familySize is ${familySize}, expected a whole number of at least 1`),
    );
  });
});
