import { expect, test } from 'vitest';
import reference from '../../fixtures/reference.json' with { type: 'json' };
import { roundsFor } from './rounds-for.ts';

const aim = { pilotStdev: 0.03, pilotN: 6, halfWidth: 0.02, confidence: 0.95 };

test('gives the rounds that R gives', () => {
  for (const { rounds, ...expected } of reference.stein) {
    expect(roundsFor(expected), JSON.stringify(expected)).toBe(rounds);
  }
});

test('is never less than the pilot', () => {
  expect(roundsFor({ ...aim, pilotStdev: 0 })).toBe(6);
});

test('may be more than can ever be run', () => {
  expect(roundsFor({ ...aim, halfWidth: 1e-300 })).toBe(Infinity);
});

test.each([
  { bad: { pilotStdev: -0.1 }, message: 'roundsFor: pilotStdev is -0.1, expected 0 or more' },
  { bad: { pilotN: 1 }, message: 'roundsFor: pilotN is 1, expected a whole number of at least 2' },
  { bad: { halfWidth: 0 }, message: 'roundsFor: halfWidth is 0, expected more than 0' },
  { bad: { confidence: 95 }, message: 'roundsFor: confidence is 95, expected between 0 and 1' },
])('says "$message"', ({ bad, message }) => {
  expect(() => roundsFor({ ...aim, ...bad })).toThrow(new RangeError(message));
});
