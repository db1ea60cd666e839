import { expect, test } from 'vitest';
import { normalSample } from '../../fixtures/seeded-normal.ts';
import { withoutSpikes } from './without-spikes.ts';

test('a spike comes down to 4 standard deviations of the noise, nothing else moves', () => {
  const values = normalSample(200, 3, 1000, 10);
  const spiked = values.map((value, place) => (place === 70 ? 5000 : value));
  const cut = withoutSpikes(spiked, 4);
  expect(cut.filter((value, place) => value !== spiked[place])).toHaveLength(1);
  expect(cut[70]).toBeGreaterThan(1025);
  expect(cut[70]).toBeLessThan(1060);
});

test('a step stays where it is, and a stretch of its own level too', () => {
  const values = normalSample(60, 4, 0, 10).map(
    (noise, place) => noise + (place >= 20 && place < 26 ? 500 : 0),
  );
  expect(withoutSpikes(values, 4)).toEqual(values);
});

test('equal values stay', () => {
  expect(withoutSpikes([3, 3, 3], 4)).toEqual([3, 3, 3]);
});
