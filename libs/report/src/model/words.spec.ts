import { expect, test } from 'vitest';
import {
  counted,
  dateText,
  decimalsOf,
  durationText,
  fileNamePart,
  meanText,
  oneLine,
  ratioText,
  withPlainText,
} from './words.ts';

test('three significant digits decide the decimals, and digits before the point stay', () => {
  expect([0.0912, 0.9996, 1.5, 12.3, 99.96, 7123.4, 0].map(decimalsOf)).toEqual([4, 2, 2, 1, 0, 0, 0]);
});

test('the standard deviation has the decimals of its mean', () => {
  expect(meanText({ mean: 12.345, stdev: 0.4321 })).toBe('12.3 ± 0.4');
  expect(meanText({ mean: 7123.4, stdev: 45.6 })).toBe('7123 ± 46');
});

test('a single trial has no standard deviation', () => {
  expect(meanText({ mean: 1.5, stdev: null })).toBe('1.50');
});

test('a ratio is shown with its interval when there is one', () => {
  expect(ratioText({ ratio: 1.234, ci95: [1.179, 1.291] })).toBe('×1.23 [1.18, 1.29]');
  expect(ratioText({ ratio: 1.234, ci95: null })).toBe('×1.23');
  expect(ratioText({ ratio: null, ci95: null })).toBe('');
});

test('text of other programs is on one line, without control characters, keys included', () => {
  expect(oneLine('\u001b[31mno\u001b[0m\r\n  such\u001b]0;title\u0007 file\u202e')).toBe('no such file');
  expect(
    withPlainText({ 'a\nb': ['c\u0000d', { samples: ['e\n'] }, [{ atMs: 1 }], null, '\uD800'] }),
  ).toEqual({
    'a b': ['c d', { samples: ['e'] }, [{ atMs: 1 }], null, '\uFFFD'],
  });
});

test('dates are in UTC, counts agree with their noun, durations have the unit of their size', () => {
  expect(dateText('2026-03-01T10:00:59.999Z')).toBe('2026-03-01 10:00 UTC');
  expect([counted(1, 'round'), counted(2, 'round')]).toEqual(['1 round', '2 rounds']);
  const durations = [45_000, 600_000, 5_400_000, 7_200_000].map(durationText);
  expect(durations).toEqual(['45 s', '10 min', '90 min', '2 h']);
});

test('names of workloads cannot leave a folder or meet each other', () => {
  const taken = new Set<string>();
  expect(['../a b', 'a/b', '...', 'ä', '@shop/api:browse'].map((name) => fileNamePart(name, taken))).toEqual([
    'a-b',
    'a-b-2',
    'workload',
    'workload-2',
    'shop-api-browse',
  ]);
});
