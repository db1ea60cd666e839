import { namespace, native } from '@tare/environment';
import type { Trial } from '@tare/results';
import { seededRandom } from '@tare/statistics';
import { expect, test } from 'vitest';
import { exampleTrial } from '../../fixtures/example-run.ts';
import { node } from '../config/apps.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { PreparedConfig } from '../trial/trial.ts';
import { firstSizes, type RoundSizes, sizesAfter } from './round-sizes.ts';

const random = seededRandom(3);
/** Roughly normal, mean 0, standard deviation 1. */
const normal = (): number =>
  Array.from({ length: 12 }, () => random.uint32() / 2 ** 32).reduce((a, b) => a + b) - 6;

const startupOf = (readyMs: number, starts: number[]): NonNullable<Trial['startup']> => ({
  kind: 'cold',
  readyMs,
  pollErrorMs: 0,
  polls: 1,
  milestones: [],
  starts,
});

/** Trials whose slices of 50 ms vary by these shares. */
function trialsOf(within: number, between: number, ratio = 1, rounds = 2): readonly Trial[] {
  return Array.from({ length: rounds }, (_, round) =>
    ['native', 'docker'].map((name) => {
      const launch = (name === 'docker' ? ratio : 1) * Math.exp((between * normal()) / Math.SQRT2);
      const trial = exampleTrial({ environment: name, round: round + 1 });
      const sliceSeries = Array.from({ length: 50 }, (): [number, number] => [
        10,
        50 / (launch * Math.exp((within * normal()) / Math.SQRT2)),
      ]);
      return {
        ...trial,
        startup: startupOf(300, [300]),
        load: { ...trial.load, durationMs: 2500, slices: 50, sliceSeries },
      };
    }),
  ).flat();
}
const inSlices = resolveConfig(
  {
    workloads: [{ name: 'primes', ...node(new URL('file:///app/main.mjs'), { get: '/primecount' }) }],
    environments: [native(), namespace()],
  },
  'a test',
);
const config: PreparedConfig = { ...inSlices, load: { ...inSlices.load, warmupMs: 1000 } };
const none = { duration: false, openDuration: false, starts: false };
const ratesOf = (rps: number) => ({ of: () => rps });
const options = { config, rates: ratesOf(100), roundMs: 20_000 };

/** The lengths of both windows in milliseconds, and the starts of a burst. */
function plain({ load, starts }: RoundSizes): readonly unknown[] {
  return [load.window.kind === 'duration' && load.window.durationMs, load.open?.durationMs, starts];
}

test('the first rounds are short, but hold enough requests for the slow ones among them', () => {
  expect(plain(firstSizes(config, ratesOf(100)))).toEqual([800, 1600, 1]);
  expect(plain(firstSizes(config, ratesOf(25)))).toEqual([800, 3200, 1]);
  expect(plain(firstSizes(config, ratesOf(2)))).toEqual([800, 4000, 1]);
});

test('what was given stays, and everything where the number of rounds is given', () => {
  const given = { ...config, chosen: { ...none, starts: true } };
  expect(plain(firstSizes(given, ratesOf(100)))).toEqual([1500, 4000, 1]);
  expect(sizesAfter(trialsOf(0.02, 0), { ...options, config: given })?.message).toMatch(
    /^from round 3 on bursts of one start: the/,
  );
  expect(sizesAfter(trialsOf(0.02, 0), { ...options, config: { ...config, chosen: none } })).toBeUndefined();
  const fixed: PreparedConfig = { ...config, rounds: { kind: 'fixed', rounds: 8 } };
  expect(plain(firstSizes(fixed, ratesOf(100)))).toEqual([1500, 4000, 3]);
  expect(sizesAfter(trialsOf(0.02, 0), { ...options, config: fixed })).toBeUndefined();
});

test('on a quiet host the later rounds are as short', () => {
  const quiet = sizesAfter(trialsOf(0.02, 0), options);
  expect(quiet && plain(quiet.sizes)).toEqual([800, 1600, 1]);
  expect(quiet?.message).toMatch(
    /^from round 3 on closed-loop windows of 0.8 s, open-loop windows of 1.6 s, bursts of one start: the throughput ratio varied by \d\.\d % from slice to slice and by \d\.\d % from launch to launch, a start by 0\.0 %$/,
  );
});

test('windows are longer where slices vary, and shorter again where launches vary as much', () => {
  const wild = sizesAfter(trialsOf(0.15, 0, 1, 12), options);
  expect(wild && plain(wild.sizes)).toEqual([2500, 4000, 1]);
  const launches = sizesAfter(trialsOf(0.15, 0.06, 1, 12), options);
  expect(launches && plain(launches.sizes)[0]).toBeLessThan(2500);
});

test('bursts are longer where starts vary', () => {
  const startsOf = (spread: number) =>
    trialsOf(0.02, 0).map((trial) => ({
      ...trial,
      startup: startupOf(300, [300 * Math.exp(spread), 300 * Math.exp(-spread)]),
    }));
  const burstsFor = (spread: number) => sizesAfter(startsOf(spread), options)?.sizes.starts;
  expect([0.01, 0.035, 0.2].map(burstsFor)).toEqual([1, 3, 4]);
});

test('does not depend on how far apart the environments are', () => {
  const equal = trialsOf(0.1, 0);
  const slower = equal.map((trial) => {
    const sliceSeries = trial.load.sliceSeries?.map(([requests, ms]): [number, number] => [requests / 2, ms]);
    return trial.environment === 'native' ? trial : { ...trial, load: { ...trial.load, sliceSeries } };
  });
  expect(sizesAfter(slower, options)).toEqual(sizesAfter(equal, options));
});

test('nothing is chosen without slices side by side', () => {
  const whole = ['native', 'docker'].map((environment) => exampleTrial({ environment, round: 1 }));
  expect(sizesAfter(whole, options)).toBeUndefined();
  const alone = trialsOf(0.1, 0).filter(({ environment }) => environment === 'native');
  expect(sizesAfter(alone, options)).toBeUndefined();
});
