import { expect, test } from 'vitest';
import { calibrationLine } from './calibration-words.ts';

const calibration = {
  measuredAt: '2026-02-28T09:00:00.000Z',
  passed: 14,
  failed: 0,
  falseDifferences: { found: 2, of: 48 },
  slowdownsOf5Percent: { found: 1, of: 1 },
  path: 'reports/calibration/latest.json',
};

test('a calibration is cited with its date, its figures and its file', () => {
  expect(calibrationLine(calibration)).toEqual({
    level: 'info',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 14 checks passed; a false difference in 2 of 48 twin comparisons; a slowdown of 5 % found in 1 of 1 run (reports/calibration/latest.json).',
  });
});

test('a failed check is a warning, and shares that are not known are left out', () => {
  expect(
    calibrationLine({ ...calibration, failed: 1, falseDifferences: null, slowdownsOf5Percent: null }),
  ).toEqual({
    level: 'warning',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 1 of 15 checks failed (reports/calibration/latest.json).',
  });
});
