import type { Trial } from '@tare/results';
import { seededRandom } from '@tare/statistics';
import { expect, test } from 'vitest';
import { exampleTrial } from '../../fixtures/example-run.ts';
import { windowAfter } from './window-length.ts';

const random = seededRandom(3);
/** Roughly normal, mean 0, standard deviation 1. */
const normal = (): number =>
  Array.from({ length: 12 }, () => random.uint32() / 2 ** 32).reduce((a, b) => a + b) - 6;

/** Trials whose slices of 50 ms vary by these shares. */
function trialsOf(within: number, between: number, ratio = 1, rounds = 3): readonly Trial[] {
  return Array.from({ length: rounds }, (_, round) =>
    ['native', 'docker'].map((name) => {
      const launch = (name === 'docker' ? ratio : 1) * Math.exp((between * normal()) / Math.SQRT2);
      const trial = exampleTrial({ environment: name, round: round + 1 });
      const sliceSeries = Array.from({ length: 50 }, (): [number, number] => [
        10,
        50 / (launch * Math.exp((within * normal()) / Math.SQRT2)),
      ]);
      return { ...trial, load: { ...trial.load, durationMs: 2500, slices: 50, sliceSeries } };
    }),
  ).flat();
}

const options = { baseline: 'native', roundMs: 20_000, margin: 0.02 };

test('is no longer than throughput needs to be decided soon', () => {
  const calm = windowAfter(trialsOf(0.02, 0), options);
  expect(calm?.durationMs).toBe(1000);
  expect(calm?.message).toMatch(
    /^closed-loop windows from round 4 on last 1 s: the throughput ratio varied by \d\.\d % from slice to slice and by \d\.\d % from launch to launch$/,
  );
});

test('is longer where slices vary, and shorter again where launches vary as much', () => {
  const wild = windowAfter(trialsOf(0.15, 0, 1, 12), options)?.durationMs ?? 0;
  expect(wild).toBe(2500);
  expect(windowAfter(trialsOf(0.15, 0.06, 1, 12), options)?.durationMs).toBeLessThan(2500);
  expect(windowAfter(trialsOf(0.9, 0), options)?.durationMs).toBe(2500);
});

test('does not depend on how far apart the environments are', () => {
  const equal = trialsOf(0.1, 0);
  const slower = equal.map((trial) => {
    const sliceSeries = trial.load.sliceSeries?.map(([requests, ms]): [number, number] => [requests / 2, ms]);
    return trial.environment === 'native' ? trial : { ...trial, load: { ...trial.load, sliceSeries } };
  });
  expect(windowAfter(slower, options)).toEqual(windowAfter(equal, options));
});

test('is left as it is without slices side by side', () => {
  expect(
    windowAfter(
      [exampleTrial({ environment: 'native', round: 1 }), exampleTrial({ environment: 'docker', round: 1 })],
      options,
    ),
  ).toBeUndefined();
  expect(
    windowAfter(
      trialsOf(0.1, 0).filter(({ environment }) => environment === 'native'),
      options,
    ),
  ).toBeUndefined();
});
