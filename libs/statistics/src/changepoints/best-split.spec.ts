import { expect, test } from 'vitest';
import reference from '../../fixtures/changepoints.json' with { type: 'json' };
import { expectCloseToR } from '../../fixtures/expect-close-to-r.ts';
import { normalSample } from '../../fixtures/seeded-normal.ts';
import { bestSplit } from './best-split.ts';

test.each(reference.splits)('is what R finds by trying all splits of $values', (expected) => {
  const split = bestSplit(expected.values, 0, expected.values.length, expected.minimumSegment);
  expect(split?.index).toBe(expected.index);
  expectCloseToR(split?.statistic, expected.statistic, 'statistic');
});

test('looks at its own stretch only', () => {
  const stretch = [...normalSample(6, 1, 10), ...normalSample(7, 2, 20)];
  const alone = bestSplit(stretch, 0, stretch.length, 3);
  const within = bestSplit([500, -500, ...stretch, 900], 2, 2 + stretch.length, 3);
  expect(within).toEqual({ ...alone, index: (alone?.index ?? NaN) + 2 });
});

test('a stretch shorter than two segments has no split', () => {
  expect(bestSplit([1, 2, 3, 4, 5], 0, 5, 3)).toBeNull();
});
