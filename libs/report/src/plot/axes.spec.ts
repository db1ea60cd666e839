import { expect, test } from 'vitest';
import { figureScale, linearScale, logScale, percentileScale, type Scale } from './axes.ts';

const texts = (scale: Scale) => scale.ticks.map(scale.textOf);

test('figures of the same size get a linear scale that holds them, with round ticks', () => {
  const scale = figureScale([6600, 7150, 7500], 5);
  expect([scale.at(6600) > 0, scale.at(7500) < 1]).toEqual([true, true]);
  expect(texts(scale)).toEqual(['6600', '6800', '7000', '7200', '7400']);
});

test('figures that spread over more than a factor of 8 get a logarithmic scale', () => {
  const scale = figureScale([80, 11_000], 5);
  expect(texts(scale)).toEqual(['100', '300', '1000', '3000', '10\u202f000']);
});

test('a scale reaches its floor', () => {
  const scale = linearScale([495, 500], 3, { floor: 0 });
  expect(scale.at(0)).toBe(0);
  expect(texts(scale)).toEqual(['0', '200', '400']);
});

test.each([
  [7023, 8000, ['0', '2000', '4000', '6000', '8000']],
  [0.137, 0.15, ['0.00', '0.05', '0.10', '0.15']],
  [11, 12.5, ['0.0', '2.5', '5.0', '7.5', '10.0', '12.5']],
  [500, 500, ['0', '100', '200', '300', '400', '500']],
  [0, 1, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
])('a rounded scale from 0 to %d ends at the round step %d', (largest, end, ticks) => {
  const scale = linearScale([largest], 5, { floor: 0, isRounded: true });
  expect([scale.min, scale.max]).toEqual([0, end]);
  expect(texts(scale)).toEqual(ticks);
});

test('a rounded scale holds all figures between round steps, and noise does not fill it', () => {
  const ends = (figures: readonly number[]) => {
    const { min, max, ticks } = linearScale(figures, 4, { isRounded: true });
    return [min, max, Number(((ticks[1] ?? 0) - (ticks[0] ?? 0)).toPrecision(6))];
  };
  expect(ends([5736, 6637])).toEqual([5500, 6750, 250]);
  expect(ends([0.88, 0.93])).toEqual([0.85, 0.975, 0.025]);
  expect(ends([1000, 1000])).toEqual([950, 1050, 25]);
});

test('a narrow logarithmic scale has even ticks, and texts that lie beside each other do not touch', () => {
  expect(texts(logScale([0.95, 1.2], 5))).toEqual(['0.95', '1', '1.05', '1.1', '1.15', '1.2']);
  expect(texts(logScale([0.95, 1.2], 5, 180))).toEqual(['1', '1.1', '1.2']);
});

test.each([
  [[50, 200], 8],
  [[1, 100_000], 8],
  [[6.25, 800], 12],
  [[49, 51], 8],
  [[0.05, 2000, 0, NaN], 8],
])('a logarithmic scale holds %j with a few ticks inside', (figures, mostTicks) => {
  const { at, ticks } = logScale(figures, mostTicks);
  const shares = figures.filter((each) => each > 0).map(at);
  expect(shares.every((share) => share > 0 && share < 1)).toBe(true);
  expect(ticks.length).toBeLessThanOrEqual(mostTicks + 1);
  expect(ticks.length).toBeGreaterThan(0);
  expect(ticks.map(at).every((share) => share >= 0 && share <= 1)).toBe(true);
});

test('equal figures, a single one, zeros and none at all still give a scale', () => {
  for (const figures of [[5, 5], [5], [0, 0], []]) {
    for (const scale of [figureScale(figures, 5), logScale(figures, 5), linearScale(figures, 5, { floor: 0 })]) {
      expect(scale.max).toBeGreaterThan(scale.min);
      expect(scale.ticks.every(Number.isFinite)).toBe(true);
    }
  }
}); // prettier-ignore

test('each further nine of a percentile has the same room', () => {
  const { at, ticks, textOf } = percentileScale(99.9);
  expect(ticks.map(textOf)).toEqual(['50 %', '90 %', '99 %', '99.9 %']);
  expect(at(99.9) - at(99)).toBeCloseTo(at(99) - at(90));
});
