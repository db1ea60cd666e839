import { expect, test } from 'vitest';
import { logScale, pageScale } from './page-scale.ts';

const texts = (scale: ReturnType<typeof pageScale>) => scale.ticks.map(scale.textAt);

test('figures of the same size get a linear scale that holds them, with round ticks', () => {
  const scale = pageScale([6600, 7150, 7500], 5);
  expect(scale.kind).toBe('linear');
  expect(scale.min).toBeLessThan(6600);
  expect(scale.max).toBeGreaterThan(7500);
  expect(texts(scale)).toEqual(['6600', '6800', '7000', '7200', '7400']);
});

test('figures that spread over more than a factor of 8 get a logarithmic scale', () => {
  const scale = pageScale([80, 11_000], 5);
  expect(scale.kind).toBe('log');
  expect(texts(scale)).toEqual(['100', '300', '1000', '3000', '10\u202f000']);
});

test('a linear scale reaches its floor', () => {
  const scale = pageScale([495, 500], 3, 0);
  expect(scale.min).toBe(0);
  expect(texts(scale)).toEqual(['0', '200', '400']);
});

test('a narrow logarithmic scale has even ticks', () => {
  expect(texts(logScale(0.95, 1.2, 5))).toEqual(['0.95', '1', '1.05', '1.1', '1.15', '1.2']);
});

test('equal figures, a single one, zeros and none at all still give a scale', () => {
  for (const figures of [[5, 5], [5], [0, 0], []]) {
    const scale = pageScale(figures, 5);
    expect(scale.max).toBeGreaterThan(scale.min);
    expect(scale.ticks.every(Number.isFinite)).toBe(true);
  }
});

test('texts that lie beside each other do not touch', () => {
  expect(texts(logScale(0.95, 1.2, 5, 180))).toEqual(['1', '1.1', '1.2']);
});
