import type { RunFile } from '@tare/results';
import { calibrationLine } from './calibration-words.ts';
import type { CalibrationSummary } from './calibration-words.ts';
import { guardLines } from './guard-words.ts';
import { planWords } from './plan-words.ts';
import { twinLine } from './twin-words.ts';
import type { CareLine } from './twin-words.ts';
import { warmUpLines } from './warm-up-words.ts';

export type RunCareOptions = {
  /** The latest calibration of the machine; without one nothing is said of it. */
  readonly calibration?: CalibrationSummary | undefined;
};

/**
 * How far a run can be trusted, in lines of plain text: its twin, how many rounds and why, the warm-up, what was repeated,
 * which trials still violate a guard, and the calibration.
 */
export function runCare(run: RunFile, { calibration }: RunCareOptions = {}): readonly CareLine[] {
  const twin = twinLine(run);
  return [
    ...(twin === null ? [] : [twin]),
    { level: 'info', text: planWords(run) },
    ...warmUpLines(run),
    ...guardLines(run),
    ...(calibration === undefined ? [] : [calibrationLine(calibration)]),
  ];
}
