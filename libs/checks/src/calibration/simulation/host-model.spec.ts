import { mean, sampleStandardDeviation, seededRandom } from '@tare/statistics';
import { expect, it } from 'vitest';
import { driftingHost, trialDeviations } from './host-model.ts';

const first = (count: number, model = driftingHost): number[] => {
  const deviations = trialDeviations(model, seededRandom(7));
  return Array.from({ length: count }, () => deviations.next().value);
};

it('deviates by drift and trial together', () => {
  const deviations = first(100_000);
  expect(mean(deviations)).toBeCloseTo(0, 2);
  expect(sampleStandardDeviation(deviations)).toBeCloseTo(Math.hypot(0.04, 0.03), 3);
});

it('remembers its drift from trial to trial', () => {
  const drift = first(100_000, { driftStdev: 1, driftMemory: 0.9, trialStdev: 0 });
  const products = drift.slice(1).map((each, place) => each * (drift[place] ?? 0));
  expect(mean(products)).toBeCloseTo(0.9, 1);
});
