import { mean, pairedPower } from '@tare/statistics';
import type { Spread } from '../result/calibration-file.ts';
import type { RealRun } from './real-comparison.ts';

const alpha = 0.05;
const differencePercents = [1, 2, 3, 4, 5, 7.5, 10, 15, 20];

/**
 * From the spread of the real twin comparisons, what a run of so many rounds sees on this host: per metric the pooled
 * standard deviation of the log-ratios by round, and the power of the paired test at some differences (see `pairedPower`).
 */
export function spreadsOf(runs: readonly RealRun[], rounds: readonly number[]): readonly Spread[] {
  const twins = runs.flatMap(({ comparisons }) =>
    comparisons.filter(({ slowdownPercent }) => slowdownPercent === 0).flatMap(({ metrics }) => metrics),
  );
  return [...Map.groupBy(twins, ({ metric }) => metric)].flatMap(([metric, outcomes]) => {
    const variances = outcomes.flatMap(({ logRatioStdev }) =>
      logRatioStdev === null ? [] : [logRatioStdev ** 2],
    );
    if (variances.length === 0) return [];
    const logRatioStdev = Math.sqrt(mean(variances));
    // without any spread every difference is seen, and the power has no formula
    if (logRatioStdev === 0) return [];
    return rounds.map((count) => ({
      metric,
      comparisons: variances.length,
      logRatioStdev,
      rounds: count,
      power: differencePercents.map((differencePercent) => ({
        differencePercent,
        powerPercent:
          100 *
          pairedPower({
            rounds: count,
            stdev: logRatioStdev,
            difference: Math.log1p(differencePercent / 100),
            alpha,
          }),
      })),
    }));
  });
}
