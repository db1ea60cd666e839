import { counted, dateText } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import type { CareLine } from './twin-words.ts';

/** How many of how many; a share alone would hide that there were few. */
type Found = { readonly found: number; readonly of: number };

/** What a calibration of this machine found, in short. */
export type CalibrationSummary = {
  /** ISO date. */
  readonly measuredAt: string;
  readonly passed: number;
  readonly failed: number;
  /** Of the real twin comparisons, those with a false difference; null when none were made. */
  readonly falseDifferences: Found | null;
  /** Of the real runs with a slowdown of 5 %, those that found it; null when none were made. */
  readonly slowdownsOf5Percent: Found | null;
  /** Of the calibration's file, as the reader finds it. */
  readonly path: string;
};

/**
 * "Calibration of 2026-11-20 09:00 UTC: 14 checks passed; a false difference in 2 of 48 twin comparisons; …". A warning when
 * a check failed.
 */
export function calibrationLine(calibration: CalibrationSummary): CareLine {
  const { measuredAt, passed, failed, falseDifferences, slowdownsOf5Percent, path } = calibration;
  const parts = [
    failed === 0
      ? `${counted(passed, 'check')} passed`
      : `${failed} of ${counted(passed + failed, 'check')} failed`,
    ...(falseDifferences === null
      ? []
      : [
          `a false difference in ${falseDifferences.found} of ${counted(falseDifferences.of, 'twin comparison')}`,
        ]),
    ...(slowdownsOf5Percent === null
      ? []
      : [
          `a slowdown of 5 % found in ${slowdownsOf5Percent.found} of ${counted(slowdownsOf5Percent.of, 'run')}`,
        ]),
  ];
  return {
    level: failed === 0 ? 'info' : 'warning',
    text: `Calibration of this machine, ${dateText(measuredAt)}: ${parts.join('; ')} (${oneLine(path)}).`,
  };
}
