import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { runCare } from './run-care.ts';

const calibration = {
  measuredAt: '2026-02-28T09:00:00.000Z',
  passed: 1,
  failed: 0,
  falseDifferences: null,
  slowdownsOf5Percent: null,
  path: 'c.json',
};

test('first the twin, then the plan, the warm-up, the guards, and the calibration when there is one', () => {
  const starts = runCare(exampleRun(), { calibration }).map(({ text }) => text.split(' ', 2).join(' '));
  expect(starts).toEqual(['Twin of', '12 rounds:', 'Warm-up of', '1 round', '1 of', 'Calibration of']);
  expect(runCare(exampleRun())).toHaveLength(5);
});
