import { expect, test } from 'vitest';
import { normalSample } from '../../fixtures/seeded-normal.ts';
import { mean } from '../estimates/mean.ts';
import { levelWindow } from './level-window.ts';

function squaredError(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

test('takes away most of the squared error of all stretches', () => {
  const values = normalSample(25, 6);
  const centre = mean(values);
  const found = levelWindow(
    values.map((value) => value - centre),
    4,
  );
  const gains = values.flatMap((_, start) =>
    values.map((__, last) => {
      const [before, inside, after] = [
        values.slice(0, start),
        values.slice(start, last + 1),
        values.slice(last + 1),
      ];
      const isAllowed = [before, after].every(({ length }) => length === 0 || length >= 4);
      if (!isAllowed || inside.length < 4 || inside.length > values.length - 4) return 0;
      return squaredError(values) - squaredError(inside) - squaredError([...before, ...after]);
    }),
  );
  expect(found?.gain).toBeCloseTo(Math.max(...gains), 10);
});

test('finds a disturbance and a single step', () => {
  const disturbed = Array.from({ length: 30 }, (_, place) => (place >= 10 && place < 16 ? -24 : 6));
  expect(levelWindow(disturbed, 5)).toMatchObject({ start: 10, end: 16 });
  const step = Array.from({ length: 30 }, (_, place) => (place < 10 ? -20 : 10));
  expect(levelWindow(step, 5)).toMatchObject({ start: 0, end: 10 });
});

test('a series shorter than two segments has none', () => {
  expect(levelWindow([1, -1, 0], 2)).toBeNull();
});
