import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isGood, readCalibration, summariseCalibration, type Calibration } from '@tare/results/calibration';
import { atMost, closeTo, made, notMade } from './check-items.ts';
import { shareOf } from './shares.ts';
import { calibrationMarkdown, writeCalibration } from './write-calibration.ts';

const cpu = { id: 'cpu', part: 'cpu', title: 'CPU time', unit: 'ms' } as const;
const ab = { id: 'ab-real', part: 'ab', title: 'Slowdowns', unit: '%' } as const;
const compared = { what: 'spinning | 30 %', reported: 300, truth: 301, unit: 'ms' };
const real = { source: 'real', design: '12 rounds', runs: 20 } as const;

const calibration: Calibration = {
  schema: 1,
  id: '20260131-120000-calibration',
  startedAt: '2026-01-31T12:00:00.000Z',
  finishedAt: '2026-01-31T12:15:00.000Z',
  seed: 1,
  minutes: 15,
  host: {
    cpuModel: 'Example <CPU> 3000',
    cores: 2,
    memoryMiB: 4096,
    kernel: 'Linux 6.18.1',
    os: 'Example',
    virtualised: 'none',
    node: 'v24.0.0',
  },
  hostFingerprint: '0123456789ab',
  checks: [
    made(cpu, [closeTo(compared, { relative: 0.01 })]),
    notMade({ ...cpu, id: 'latency', part: 'latency', title: 'Latency' }, 'one CPU'),
    made(ab, [atMost('x', 2, 1, '%')]),
  ],
  shares: [
    shareOf({ ...real, part: 'aa', slowdownPercent: 0, metric: 'any', outcome: 'verdict', hits: 1 }),
    shareOf({
      ...real,
      part: 'ab',
      slowdownPercent: 5,
      metric: 'throughputRps',
      outcome: 'significant',
      hits: 18,
    }),
  ],
  spreads: [
    {
      metric: 'throughputRps',
      comparisons: 20,
      logRatioStdev: 0.04,
      rounds: 12,
      power: [{ differencePercent: 5, powerPercent: 96 }],
    },
  ],
};

const timed = (minutes: number | null) => ({
  rounds: minutes && 6,
  minutes,
  percent: minutes === null ? 31 : 100,
});
const withPower: Calibration = {
  ...calibration,
  power: {
    slowdownPercent: 5,
    rounds: 8,
    roundMs: 20_000,
    mostRounds: 30,
    resamples: 500,
    metrics: [
      { metric: 'startupMs', logRatioStdev: 0.03, found: timed(3), same: timed(3) },
      { metric: 'throughputRps', logRatioStdev: 0.01, found: timed(2), same: timed(null) },
    ],
  },
};

it('cites the minutes of throughput, where they are known', () => {
  expect(summariseCalibration(withPower, '/c').power).toEqual({ found: 2, same: null });
  expect(summariseCalibration(calibration, '/c').power).toBeUndefined();
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-calibration-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('reads what was written, under the fingerprint of the host', async () => {
  const { path } = await writeCalibration(folder, calibration);
  expect(path).toBe(join(folder, '0123456789ab.json'));
  expect((await readdir(folder)).toSorted()).toEqual(['0123456789ab.json', 'calibration.md']);
  expect(await readCalibration(folder, '0123456789ab')).toEqual(calibration);
});

const later = '2026-02-01T08:00:00.000Z';
const latest = '2026-02-02T08:00:00.000Z';

it('keeps what an earlier calibration found in parts that were not made again', async () => {
  await writeCalibration(folder, withPower);
  const cpuAlone = {
    finishedAt: later,
    checks: [made(cpu, [atMost('x', 2, 1, 'ms')])],
    shares: [],
    spreads: [],
  };
  const { written } = await writeCalibration(folder, { ...calibration, ...cpuAlone });
  expect(await readCalibration(folder, '0123456789ab')).toEqual(written);
  expect(written).toMatchObject({ finishedAt: later, power: withPower.power, spreads: calibration.spreads });
  expect(written.shares).toEqual(calibration.shares);
  expect(written.checks.map(({ part, keptFrom }) => [part, keptFrom])).toEqual([
    ['latency', calibration.finishedAt],
    ['ab', calibration.finishedAt],
    ['cpu', undefined],
  ]);
  expect(summariseCalibration(written, '/c')).toMatchObject({
    measuredAt: later,
    keptFrom: calibration.finishedAt,
    failed: 2,
  });
  expect(calibrationMarkdown(written)).toContain('| Slowdowns | **failed**, on 2026-01-31 |');

  const abAlone = { finishedAt: latest, checks: calibration.checks.slice(2) };
  const again = await writeCalibration(folder, { ...calibration, ...abAlone });
  expect(again.written.checks.map(({ part, keptFrom }) => [part, keptFrom])).toEqual([
    ['latency', calibration.finishedAt],
    ['cpu', later],
    ['ab', undefined],
  ]);
});

it('replaces a file that cannot be read', async () => {
  await writeFile(join(folder, '0123456789ab.json'), '{');
  expect((await writeCalibration(folder, calibration)).written).toEqual(calibration);
});

it('knows a host that was never calibrated', async () => {
  expect(await readCalibration(folder, 'ffffffffffff')).toBeNull();
});

it.each([
  ['{"schema":2}', 'has schema version 2, this version of Tare reads 1; calibrate again'],
  ['{"schema":1}', 'id: expected a string, found nothing (and 9 more); calibrate again'],
  ['{', 'ends after 1 characters in the middle of the JSON: the file is not whole; calibrate again'],
])('names the file that is not one: %s', async (text, problem) => {
  const path = join(folder, '0123456789ab.json');
  await writeFile(path, text);
  await expect(readCalibration(folder, '0123456789ab')).rejects.toThrow(`${path}: ${problem}`);
});

it('sums up for a report', () => {
  expect(summariseCalibration(calibration, 'reports/calibration')).toEqual({
    measuredAt: '2026-01-31T12:15:00.000Z',
    passed: 1,
    failed: 1,
    falseDifferences: { found: 1, of: 20 },
    slowdownsOf5Percent: { found: 18, of: 20 },
    path: 'reports/calibration/0123456789ab.json',
  });
});

it('counts no check as passed whose figures are only shown', () => {
  const power = { id: 'power', part: 'power', title: 'Minutes', unit: 'min' } as const;
  const shown = { ...atMost('x', 2, 1, 'min'), passed: null };
  const withShown = { ...calibration, checks: [...calibration.checks, made(power, [shown])] };
  expect(summariseCalibration(withShown, '/c')).toMatchObject({ passed: 1, failed: 1 });
  expect(calibrationMarkdown(withShown)).toContain('| Minutes | shown, not judged |');
});

it('is good although slowdowns are missed, and not when a truth is', () => {
  expect(isGood(calibration)).toBe(true);
  expect(isGood({ checks: [made(cpu, [atMost('x', 2, 1, 'ms')])] })).toBe(false);
  expect(isGood({ checks: [notMade(cpu, 'no /proc')] })).toBe(false);
});

it('makes tables of it, in which text from elsewhere is only text', async () => {
  const markdown = calibrationMarkdown(calibration);
  expect(markdown).toContain('Example \\<CPU\\> 3000');
  expect(markdown).toContain('| spinning \\| 30 % | 300 | 301 | −1.00 ms (−0.332 %) | ± 1.00 % | passed |');
  expect(markdown).toContain('| Latency | not made: one CPU |');
  expect(markdown).toContain('| Throughput | 12 | 4.00 % | 20 | 96 % |');
  await writeCalibration(folder, calibration);
  expect(await readFile(join(folder, 'calibration.md'), 'utf8')).toBe(markdown);
});
