import type { Interval } from '../estimates/mean-interval.ts';
import type { ComparisonWarning } from './comparison-warning.ts';

export const outOfRange: ComparisonWarning = {
  code: 'out-of-range',
  message: 'ratio or interval too large or too small for a number',
};

/** exp(log); null where there is none, or where the ratio leaves the range of a double. */
export function ratioOfLog(log: number | null): number | null {
  if (log === null) return null;
  const ratio = Math.exp(log);
  return ratio > 0 && ratio < Infinity ? ratio : null;
}

/** exp of both bounds; null where there are none, or where one leaves the range of a double. */
export function ratiosOfLogs(logs: Interval | null): Interval | null {
  const lower = ratioOfLog(logs?.[0] ?? null);
  const upper = ratioOfLog(logs?.[1] ?? null);
  return lower === null || upper === null ? null : [lower, upper];
}
