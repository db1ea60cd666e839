import { counted, dateText } from '../run-notes.ts';
import { oneLine } from '../safe-text.ts';
import type { CareLine } from './twin-words.ts';

/** What a calibration of this machine found, in short. */
export type CalibrationSummary = {
  /** ISO date. */
  readonly measuredAt: string;
  readonly passed: number;
  readonly failed: number;
  /** Share of twin comparisons with a false difference; null when none were made. */
  readonly falsePositivePercent: number | null;
  /** Share of runs that find a slowdown of 5 %; null when none were made. */
  readonly detectionOf5Percent: number | null;
  /** Of the calibration's file, as the reader finds it. */
  readonly path: string;
};

/**
 * "Calibration of 2026-11-20 09:00 UTC: 14 checks passed; a false difference in 4.2 % of twin comparisons; …". A warning when
 * a check failed.
 */
export function calibrationLine(calibration: CalibrationSummary): CareLine {
  const { measuredAt, passed, failed, falsePositivePercent, detectionOf5Percent, path } = calibration;
  const parts = [
    failed === 0
      ? `${counted(passed, 'check')} passed`
      : `${failed} of ${counted(passed + failed, 'check')} failed`,
    ...(falsePositivePercent === null
      ? []
      : [`a false difference in ${falsePositivePercent.toFixed(1)} % of twin comparisons`]),
    ...(detectionOf5Percent === null
      ? []
      : [`a slowdown of 5 % found in ${detectionOf5Percent.toFixed(0)} % of runs`]),
  ];
  return {
    level: failed === 0 ? 'info' : 'warning',
    text: `Calibration of this machine, ${dateText(measuredAt)}: ${parts.join('; ')} (${oneLine(path)}).`,
  };
}
