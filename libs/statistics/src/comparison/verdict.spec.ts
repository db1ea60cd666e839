import { expect, test } from 'vitest';
import { verdictOf } from './verdict.ts';
import type { Evidence } from './verdict.ts';

const higherByTen: Evidence = {
  n: 10,
  p: 0.01,
  ci95: [1.08, 1.12],
  ci90: [1.085, 1.115],
  margin: 0.05,
  direction: 'higher',
};
const alike: Evidence = { ...higherByTen, p: 0.6, ci95: [0.97, 1.03], ci90: [0.975, 1.025] };

test('more of what should be high is better', () => {
  expect(verdictOf(higherByTen)).toBe('better');
});

test('more of what should be low is worse', () => {
  expect(verdictOf({ ...higherByTen, direction: 'lower' })).toBe('worse');
});

test('less of what should be low is better, of what should be high worse', () => {
  const lowerByTen: Evidence = { ...higherByTen, ci95: [0.88, 0.92], ci90: [0.885, 0.915] };
  expect(verdictOf({ ...lowerByTen, direction: 'lower' })).toBe('better');
  expect(verdictOf({ ...lowerByTen, direction: 'higher' })).toBe('worse');
});

test('is undecided when the adjusted p is not below 0.05', () => {
  expect(verdictOf({ ...higherByTen, p: 0.05 })).toBe('undecided');
});

test('is undecided when the interval reaches into the margin', () => {
  expect(verdictOf({ ...higherByTen, ci95: [1.04, 1.16] })).toBe('undecided');
});

test('is the same when the 90 % interval lies inside the margin', () => {
  expect(verdictOf(alike)).toBe('same');
});

test('is the same when a difference is significant, but too small to matter', () => {
  expect(verdictOf({ ...alike, p: 0.001, ci95: [1.005, 1.02], ci90: [1.007, 1.018] })).toBe('same');
});

test('is undecided when the 90 % interval leaves the margin', () => {
  expect(verdictOf({ ...alike, ci90: [0.975, 1.06] })).toBe('undecided');
});

test('is undecided with fewer than six rounds, whatever the figures', () => {
  expect(verdictOf({ ...higherByTen, n: 5 })).toBe('undecided');
  expect(verdictOf({ ...alike, n: 5 })).toBe('undecided');
});

test('is undecided without figures', () => {
  expect(verdictOf({ ...alike, p: null, ci95: null, ci90: null })).toBe('undecided');
});

test('refuses a margin below 0', () => {
  expect(() => verdictOf({ ...alike, margin: -0.02 })).toThrow(
    new RangeError('verdictOf: margin is -0.02, expected 0 or more'),
  );
});
