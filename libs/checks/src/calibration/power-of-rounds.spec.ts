import { exampleTrial } from '@tare/runner/fixtures';
import { expect, it } from 'vitest';
import type { Power } from '@tare/results/calibration';
import { checkOf } from './check-power.ts';
import { powerOf, recordedRounds, type RecordedRounds } from './power-of-rounds.ts';

/** Log-ratios of native:control against native in a real run of five rounds on a virtual machine of two CPUs. */
const wholes = (...logs: readonly number[]) => logs.map((whole) => ({ typical: whole, whole }));
const startup: RecordedRounds = {
  metric: 'startupMs',
  direction: 'lower',
  margin: 0.05,
  isRobust: false,
  rounds: wholes(-0.0261, 0.0247, -0.0571, -0.0093, 0.0021),
};
const throughput: RecordedRounds = {
  metric: 'throughputRps',
  direction: 'higher',
  margin: 0.02,
  isRobust: true,
  rounds: [
    { typical: -0.0181, whole: -0.0171 },
    { typical: 0.0091, whole: 0.0052 },
    { typical: 0.0074, whole: 0.0103 },
    { typical: 0.0001, whole: 0.0007 },
    { typical: -0.0063, whole: -0.0027 },
  ],
};
const options = { mostRounds: 30, roundMs: 20_000, slowdown: 0.05, resamples: 200, seed: 1 };

it('finds 5 % less throughput, and shows that copies are the same, from recorded slices', () => {
  const { logRatioStdev, found, same } = powerOf(throughput, options);
  // 0.0110 by hand, and √(5/4) for the mean that is taken off
  expect(logRatioStdev).toBeCloseTo(0.0123, 3);
  expect(found).toEqual({ rounds: 6, minutes: 2, percent: 100 });
  expect(same.percent).toBeGreaterThan(95);
  expect(same.rounds).toBeGreaterThanOrEqual(6);
  expect(same.minutes).toBeCloseTo(((same.rounds ?? 0) * 20) / 60, 9);
});

it('takes longer where the spread is wider, and says when a run does not tell', () => {
  const scaled = (factor: number) =>
    powerOf({ ...startup, rounds: wholes(...startup.rounds.map(({ whole }) => whole * factor)) }, options);
  const [quiet, usual, loud] = [scaled(0.3), scaled(1), scaled(5)];
  expect(quiet.same.rounds).toBe(6);
  expect(usual.same.rounds).toBeGreaterThan(6);
  expect(loud.same).toMatchObject({ rounds: null, minutes: null });
  expect(loud.found).toMatchObject({ rounds: null, minutes: null });
  expect(loud.same.percent).toBeLessThan(50);
});

it('does not take what the copies differ by for a difference', () => {
  const off = powerOf({ ...startup, rounds: wholes(0.2, 0.21, 0.2, 0.19, 0.2, 0.205) }, options);
  expect(off.same).toMatchObject({ rounds: 6, percent: 100 });
});

it('gives the same for the same seed', () => {
  expect(powerOf(startup, options)).toEqual(powerOf(startup, options));
});

it('needs no spread', () => {
  const { found, same } = powerOf({ ...startup, rounds: wholes(0, 0, 0) }, options);
  expect([found.rounds, same.rounds]).toEqual([6, 6]);
});

const names = { baseline: 'native', copy: 'native:control' };
const trials = [1, 2, 3].flatMap((round) => [
  exampleTrial({ environment: 'native', round }),
  exampleTrial({ environment: 'native:control', round, throughputRps: 1010 }),
]);

it('reads judged metrics by round from trials, without those that repeat the net ones', () => {
  const recorded = recordedRounds(trials, names);
  const keys = recorded.map(({ metric }) => metric);
  expect(keys).toContain('startupMs');
  expect(keys.some((key) => key.includes('Gross'))).toBe(false);
  const { rounds, isRobust } = recorded.find(({ metric }) => metric === 'throughputRps') ?? {};
  expect(isRobust).toBe(false);
  expect(rounds?.map(({ whole }) => whole)).toEqual([1, 2, 3].map(() => Math.log(1.01)));
});

it('takes the typical and all slices of throughput where there are slices', () => {
  const sliced = trials.map((trial) => ({
    ...trial,
    load: {
      ...trial.load,
      sliceSeries: [[10, trial.environment === 'native' ? 100 : 110] as [number, number]],
    },
  }));
  const found = recordedRounds(sliced, names).find(({ metric }) => metric === 'throughputRps');
  expect(found?.isRobust).toBe(true);
  expect(found?.rounds[0]?.whole).toBeCloseTo(-Math.log(1.1), 9);
});

it('leaves out a metric that a round has no figure of, and a p99 of too few requests', () => {
  const few = trials.map((trial) => ({
    ...trial,
    load: { ...trial.load, requests: 300 },
    cpu: { ...trial.cpu, net: { percent: 50, msPerRequest: trial.round === 2 ? null : 1 } },
  }));
  const keys = recordedRounds(few, names).map(({ metric }) => metric);
  expect(keys).not.toContain('latencyP99Ms');
  expect(keys).not.toContain('cpuNetMsPerRequest');
  expect(keys).toContain('latencyP95Ms');
});

it('says in minutes what a run tells, and in words what it does not', () => {
  const power: Power = {
    slowdownPercent: 5,
    rounds: 8,
    roundMs: 20_000,
    mostRounds: 30,
    resamples: 500,
    metrics: [
      {
        metric: 'throughputRps',
        logRatioStdev: 0.01,
        found: { rounds: 6, minutes: 2, percent: 100 },
        same: { rounds: null, minutes: null, percent: 31 },
      },
    ],
  };
  expect(checkOf(power)).toMatchObject({
    passed: true,
    items: [{ what: 'Throughput: 5 % worse is found, in 100 % of runs', reported: 2, passed: null }],
    notes: [
      expect.stringMatching(/^Median of 500 runs of at most 30 rounds, made of 8 recorded ones/),
      'Half of such runs or more do not tell, with the share that does: Throughput: the same (31 %).',
    ],
  });
});
