import { namespace, native } from '@tare/environment';
import type { Trial } from '@tare/results';
import { seededRandom } from '@tare/statistics';
import { expect, test } from 'vitest';
import { exampleTrial } from '../../fixtures/example-run.ts';
import { node } from '../config/apps.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { PreparedConfig } from '../trial/trial.ts';
import { firstSizes, type RoundSizes, sizesAfter, sizesAfterLook } from './round-sizes.ts';

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

const openWindow: NonNullable<Trial['open']> = {
  mode: 'open',
  arrivals: 'poisson',
  rateRps: 50,
  durationMs: 4000,
  planned: 200,
  requests: 200,
  errors: 0,
  timeouts: 0,
  failures: {},
  lateSends: 0,
  maxLateMs: 0,
  latencyMs: { mean: 6, p50: 6, p90: 8, p95: 8, p99: 8, max: 8 },
  histogram: '',
  generator: { name: 'undici', cpuPercent: 1 },
};

type Varied = {
  readonly ratio?: number;
  readonly rounds?: number;
  /** Of each request, beside what all of them vary by together. */
  readonly requests?: number;
  readonly rateRps?: number;
  readonly start?: number;
};

/** Trials whose slices of 50 ms vary by these shares. */
function trialsOf(
  within: number,
  between: number,
  { ratio = 1, rounds = 1, requests = 0.01, rateRps = 50, start = 0 }: Varied = {},
): readonly Trial[] {
  return Array.from({ length: rounds }, (_, round) => {
    const arrivals = Array.from({ length: 200 }, (__, place) => 4 + (place % 5));
    return ['native', 'docker'].map((name) => {
      const launch = (name === 'docker' ? ratio : 1) * Math.exp((between * normal()) / Math.SQRT2);
      const trial = exampleTrial({ environment: name, round: round + 1 });
      const sliceSeries = Array.from({ length: 50 }, (): [number, number] => [
        10,
        50 / (launch * Math.exp((within * normal()) / Math.SQRT2)),
      ]);
      const latencyMs = arrivals.map((ms) => ms * Math.exp(requests * normal()));
      return {
        ...trial,
        startup: startupOf(300, [300 * Math.exp(start), 300 * Math.exp(-start)]),
        load: { ...trial.load, durationMs: 2500, slices: 50, sliceSeries },
        open: { ...openWindow, rateRps, series: { every: 1, latencyMs } },
      };
    });
  }).flat();
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
const options = { config, roundMs: 20_000, seed: 1 };

/** The lengths of both windows in milliseconds, and the starts of a burst. */
function plain({ load, starts }: RoundSizes): readonly unknown[] {
  return [load.window.kind === 'duration' && load.window.durationMs, load.open?.durationMs, starts];
}

const chosenFrom = (trials: readonly Trial[], from: PreparedConfig = config) => {
  const found = sizesAfter(trials, { ...options, config: from });
  return found && plain(found.sizes);
};

test('the first round is small, and its open-loop window holds enough requests', () => {
  expect([60, 40, 10].map((rateRps) => plain(firstSizes(config, rateRps)))).toEqual([
    [800, 1600, 2],
    [800, 2000, 2],
    [800, 4000, 2],
  ]);
  expect(plain(firstSizes({ ...config, chosen: none }, 60))).toEqual([1500, 4000, 3]);
});

test('after a look the rounds measure what is open', () => {
  const sizes = { load: config.load, starts: 5, startedOnce: [], withoutOpen: [] };
  const sides = {
    environments: ['native', 'control', 'docker', 'namespace'],
    baselines: ['native', 'control'],
  };
  const after = (open: Parameters<typeof sizesAfterLook>[1], chosen = config.chosen) => {
    const found = sizesAfterLook(sizes, open, { chosen }, sides);
    return [...plain(found), found.startedOnce];
  };
  const startup = { metric: 'startupMs', candidate: 'namespace' } as const;
  const memory = { metric: 'memoryNetMiB', candidate: 'docker' } as const;
  const p95 = { metric: 'latencyP95Ms', candidate: 'docker' } as const;
  const throughput = { metric: 'throughputRps', candidate: 'docker' } as const;
  const cpu = { metric: 'cpuNetMsPerRequest', candidate: 'namespace' } as const;
  expect(after([startup, throughput, p95])).toEqual([1500, 4000, 6, ['docker']]);
  expect(after([startup, p95])).toEqual([800, 4000, 6, ['docker']]);
  expect(after([cpu, memory])[0]).toBe(1500);
  expect(after([startup, memory])).toEqual([800, undefined, 6, ['docker']]);
  expect(after([startup])).toEqual([800, undefined, 10, ['docker']]);
  expect(after([startup, { ...startup, candidate: 'docker' }, memory])[2]).toBe(5);
  expect(after([memory]).slice(3)).toEqual([sides.environments]);
  expect(after([startup], none)).toEqual([1500, undefined, 5, []]);
  const withoutOpen = (open: Parameters<typeof sizesAfterLook>[1]) =>
    sizesAfterLook(sizes, open, config, sides).withoutOpen;
  expect(withoutOpen([p95, throughput])).toEqual(['namespace']);
  expect(withoutOpen([p95, { ...p95, candidate: 'namespace' }])).toEqual([]);
});

test('on a quiet host the later rounds are short', () => {
  expect(chosenFrom(trialsOf(0.02, 0))).toEqual([800, 1600, 1]);
  expect(sizesAfter(trialsOf(0.02, 0), options)?.message).toMatch(
    /^from round 2 on closed-loop windows of 0\.8 s, open-loop windows of 1\.6 s, bursts of one start: the throughput ratio varied by \d\.\d % from slice to slice and by 0\.0 % from launch to launch, that of slow requests by \d\.\d %, a start by 0\.0 %$/,
  );
});

test('a host is calm where slices vary by no more than the margin', () => {
  const isCalm = (within: number, from = config) =>
    sizesAfter(trialsOf(within, 0, { rounds: 3 }), { ...options, config: from })?.isCalm;
  expect([isCalm(0.015), isCalm(0.03)]).toEqual([true, false]);
  expect(isCalm(0.03, { ...config, margins: { throughputRps: 0.05 } })).toBe(true);
  expect(isCalm(0.015, { ...config, chosen: { ...none, starts: true } })).toBe(false);
});

test('what was given stays', () => {
  const trials = trialsOf(0.02, 0);
  const given = { ...config, chosen: { ...none, starts: true } };
  expect(chosenFrom(trials, given)).toEqual([1500, 4000, 1]);
  expect(sizesAfter(trials, { ...options, config: given })?.message).toMatch(
    /^from round 2 on bursts of one start: the/,
  );
  expect(chosenFrom(trials, { ...config, chosen: none })).toBeUndefined();
});

test('closed-loop windows are longer where slices vary, and shorter again where launches vary as much', () => {
  expect(chosenFrom(trialsOf(0.15, 0, { rounds: 12 }))?.[0]).toBe(1800);
  expect(chosenFrom(trialsOf(0.15, 0.12, { rounds: 12 }))?.[0]).toBeLessThan(1800);
});

test('open-loop windows are longer where requests vary, and hold enough of them', () => {
  const lengths = [0.01, 0.11, 0.8].map((requests) => chosenFrom(trialsOf(0.02, 0, { requests }))?.[1]);
  expect(lengths[0]).toBe(1600);
  expect(lengths[1]).toBeGreaterThan(1600);
  expect(lengths[1]).toBeLessThan(2000);
  expect(lengths[2]).toBe(2000);
  expect(chosenFrom(trialsOf(0.02, 0, { rateRps: 25 }))?.[1]).toBe(3200);
});

test('windows of several lengths say the same as those of one', () => {
  const trials = trialsOf(0.02, 0, { requests: 0.05, rounds: 3 });
  const shorter = trials.map((trial) => {
    const { open } = trial;
    if (trial.round === 1 || !open?.series) return trial;
    const latencyMs = open.series.latencyMs.slice(0, 100);
    return { ...trial, open: { ...open, durationMs: 2000, planned: 100, series: { every: 1, latencyMs } } };
  });
  const [whole, mixed] = [trials, shorter].map((each) => Number(chosenFrom(each)?.[1]));
  expect(Math.abs((mixed ?? 0) / (whole ?? 0) - 1)).toBeLessThan(0.35);
});

test('bursts are longer where starts vary', () => {
  const lengths = [0.01, 0.03, 0.2].map((start) => chosenFrom(trialsOf(0.02, 0, { start }))?.[2]);
  expect(lengths).toEqual([1, 2, 3]);
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

test('too few requests, or a margin of 0, take as much as there is', () => {
  const rare = trialsOf(0.02, 0).map((trial) => ({
    ...trial,
    open: trial.open && { ...trial.open, series: { every: 1, latencyMs: [4, 5, 6] } },
  }));
  expect(chosenFrom(rare)).toEqual([800, 2000, 1]);
  expect(sizesAfter(rare, options)?.message).not.toContain('slow requests');
  const margins = { throughputRps: 0, startupMs: 0, latencyP50Ms: 0, latencyP95Ms: 0 };
  expect(chosenFrom(trialsOf(0, 0, { requests: 0 }), { ...config, margins })).toEqual([1800, 2000, 3]);
});
