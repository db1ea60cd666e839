import type { Calibration, Share } from './calibration-file.ts';
import { calibrationPath } from './write-calibration.ts';

/** How many of how many; a share alone would hide that there were few. */
export type Found = { readonly found: number; readonly of: number };

/** What a report says of the calibration of its host. */
export type CalibrationSummary = {
  /** ISO date and time of its end. */
  readonly measuredAt: string;
  /** How many checks passed, and how many did not; those that were not made are in neither. */
  readonly passed: number;
  readonly failed: number;
  /**
   * Of real comparisons of two equal copies, how many had any metric come out better or worse; null without such comparisons.
   */
  readonly falseDifferences: Found | null;
  /** Of real runs with a slowdown of 5 %, how many found it in the throughput (p < 0.05); null without such runs. */
  readonly slowdownsOf5Percent: Found | null;
  /** Of the file, in the given folder. */
  readonly path: string;
};

/** @returns a calibration in short. @param folder that it lies in. */
export function summariseCalibration(calibration: Calibration, folder: string): CalibrationSummary {
  const { checks, shares, finishedAt, hostFingerprint } = calibration;
  const made = checks.filter((check) => check.status === 'made');
  const foundIn = (wanted: Partial<Share>): Found | null => {
    const matches = (share: Share): boolean =>
      Object.entries({ source: 'real', ...wanted }).every(
        ([key, value]) => Reflect.get(share, key) === value,
      );
    const share = shares.find(matches);
    return share === undefined ? null : { found: share.hits, of: share.runs };
  };
  return {
    measuredAt: finishedAt,
    passed: made.filter(({ passed }) => passed).length,
    failed: made.filter(({ passed }) => !passed).length,
    falseDifferences: foundIn({ part: 'aa', metric: 'any', outcome: 'verdict' }),
    slowdownsOf5Percent: foundIn({
      part: 'ab',
      slowdownPercent: 5,
      metric: 'throughputRps',
      outcome: 'significant',
    }),
    path: calibrationPath(folder, hostFingerprint),
  };
}

/**
 * Whether a calibration is good: no check of latency, CPU, memory, startup or A/A that was made failed, and one of them was
 * made at all. That small slowdowns are missed on a noisy host is told, and no failure.
 */
export function isGood({ checks }: Pick<Calibration, 'checks'>): boolean {
  const made = checks.filter((check) => check.status === 'made');
  return made.length > 0 && made.every((check) => check.part === 'ab' || check.passed);
}
