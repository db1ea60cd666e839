import { expect, test } from 'vitest';
import { calibrationLine } from './calibration-words.ts';

const calibration = {
  measuredAt: '2026-02-28T09:00:00.000Z',
  passed: 14,
  failed: 0,
  falsePositivePercent: 4.17,
  detectionOf5Percent: 93.3,
  path: 'reports/calibration/latest.json',
};

test('a calibration is cited with its date, its figures and its file', () => {
  expect(calibrationLine(calibration)).toEqual({
    level: 'info',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 14 checks passed; a false difference in 4.2 % of twin comparisons; a slowdown of 5 % found in 93 % of runs (reports/calibration/latest.json).',
  });
});

test('a failed check is a warning, and shares that are not known are left out', () => {
  expect(
    calibrationLine({ ...calibration, failed: 1, falsePositivePercent: null, detectionOf5Percent: null }),
  ).toEqual({
    level: 'warning',
    text: 'Calibration of this machine, 2026-02-28 09:00 UTC: 1 of 15 checks failed (reports/calibration/latest.json).',
  });
});
