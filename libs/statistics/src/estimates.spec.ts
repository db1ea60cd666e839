import { expect, suite, test } from 'vitest';
import { expectCloseToR } from '../fixtures/expect-close-to-r.ts';
import reference from '../fixtures/reference.json' with { type: 'json' };
import {
  describe,
  hodgesLehmann,
  maximum,
  mean,
  meanInterval,
  median,
  minimum,
  quantile,
  sampleStandardDeviation,
} from './estimates.ts';

suite('mean', () => {
  test('gives the mean of equal values without rounding', () => {
    expect(mean(Array.from({ length: 10 }, () => 0.1))).toBe(0.1);
  });

  test('keeps the digits of small differences between large values', () => {
    expect(mean([1e15, 1e15 + 1, 1e15 + 2])).toBe(1e15 + 1);
  });

  test('refuses no values', () => {
    expect(() => mean([])).toThrow(new RangeError('mean: needs at least 1 value, got 0'));
  });

  test('refuses infinity', () => {
    expect(() => mean([-Infinity, 1])).toThrow(
      new RangeError('mean: value 0 is -Infinity, expected a finite number'),
    );
  });
});

suite('sampleStandardDeviation', () => {
  test('divides by one less than the number of values', () => {
    expect(sampleStandardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14);
  });

  test('is exactly 0 for equal values', () => {
    expect(sampleStandardDeviation([0.1, 0.1, 0.1])).toBe(0);
  });

  test('refuses a single value', () => {
    expect(() => sampleStandardDeviation([3])).toThrow(
      new RangeError('sampleStandardDeviation: needs at least 2 values, got 1'),
    );
  });
});

suite('quantile and median', () => {
  test.each(reference.descriptions)('gives the quantiles of $values as R does', ({ values, quantiles }) => {
    quantiles.forEach((expected, place) => {
      const probability = reference.probabilities[place] ?? NaN;
      expectCloseToR(quantile(values, probability), expected, `quantile ${probability}`);
    });
  });

  test('leaves the order of its input alone', () => {
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
  });

  test.each([-0.1, 1.1, NaN])('refuses the probability %s', (probability) => {
    expect(() => quantile([1, 2], probability)).toThrow(
      new RangeError(`quantile: probability is ${probability}, expected 0 to 1`),
    );
  });

  test('refuses the median of nothing under its own name', () => {
    expect(() => median([])).toThrow(new RangeError('median: needs at least 1 value, got 0'));
  });
});

suite('minimum and maximum', () => {
  test('finds the extremes of more values than a call can take as arguments', () => {
    const values = Array.from({ length: 300_000 }, (_, place) => place - 7);
    expect(minimum(values)).toBe(-7);
    expect(maximum(values)).toBe(299_992);
  });

  test.each([minimum, maximum])('%o refuses no values', (extreme) => {
    expect(() => extreme([])).toThrow(new RangeError(`${extreme.name}: needs at least 1 value, got 0`));
  });
});

suite('meanInterval', () => {
  test('is wider for more confidence', () => {
    const [lower90, upper90] = meanInterval([1, 2, 3, 4], 0.9);
    const [lower99, upper99] = meanInterval([1, 2, 3, 4], 0.99);
    expect(lower99).toBeLessThan(lower90);
    expect(upper99).toBeGreaterThan(upper90);
  });

  test('refuses a single value', () => {
    expect(() => meanInterval([1], 0.95)).toThrow(
      new RangeError('meanInterval: needs at least 2 values, got 1'),
    );
  });

  test.each([0, 1, 95, NaN])('refuses the confidence %s', (confidence) => {
    expect(() => meanInterval([1, 2], confidence)).toThrow(
      new RangeError(`meanInterval: confidence is ${confidence}, expected between 0 and 1`),
    );
  });
});

suite('hodgesLehmann', () => {
  test.each(reference.hodgesLehmann)('gives the centre of $values as R does', ({ values, centre }) => {
    expectCloseToR(hodgesLehmann(values), centre, 'centre');
  });

  test('does not overflow', () => {
    expect(hodgesLehmann([1e308, 1.2e308, 1.4e308])).toBeCloseTo(1.2e308, -294);
  });

  test('refuses no values', () => {
    expect(() => hodgesLehmann([])).toThrow(new RangeError('hodgesLehmann: needs at least 1 value, got 0'));
  });
});

suite('describe', () => {
  test.each(reference.descriptions)('describes $values as R does', (expected) => {
    const actual = describe(expected.values);

    expect(actual.n).toBe(expected.values.length);
    expectCloseToR(actual.mean, expected.mean, 'mean');
    expectCloseToR(actual.median, expected.median, 'median');
    expectCloseToR(actual.min, expected.min, 'min');
    expectCloseToR(actual.max, expected.max, 'max');
    if (expected.stdev === null) expect(actual.stdev).toBeNull();
    else expectCloseToR(actual.stdev, expected.stdev, 'stdev');
    if (expected.ci95 === null) expect(actual.ci95).toBeNull();
    else expected.ci95.forEach((bound, side) => expectCloseToR(actual.ci95?.[side], bound, `ci95[${side}]`));
  });

  test('refuses a sample without values', () => {
    expect(() => describe([])).toThrow(new RangeError('describe: needs at least 1 value, got 0'));
  });

  test('names the value that is not finite', () => {
    expect(() => describe([1, 2, NaN])).toThrow(
      new RangeError('describe: value 2 is NaN, expected a finite number'),
    );
  });
});
