import { describe } from '@tare/statistics';
import { metricCatalogue } from './metric-catalogue.ts';
import type { MetricSummary, RunFile, Trial } from './run-file.ts';

/**
 * Each metric over the trials of one workload in one environment, by workload, environment and metric key.
 * A metric that no trial has a figure for is left out. Workloads keep the order of the trials; environments, whose
 * order is random there, are sorted by name.
 * @throws RangeError when a figure is NaN or infinite.
 */
export function summarise(trials: readonly Trial[]): RunFile['summary'] {
  return Object.fromEntries(
    [...Map.groupBy(trials, (trial) => trial.workload)].map(([workload, own]) => [
      workload,
      byEnvironment(own),
    ]),
  );
}

function byEnvironment(trials: readonly Trial[]): RunFile['summary'][string] {
  return Object.fromEntries(
    [...Map.groupBy(trials, (trial) => trial.environment)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([environment, own]) => [environment, summariseMetrics(own)]),
  );
}

function summariseMetrics(trials: readonly Trial[]): Record<string, MetricSummary> {
  return Object.fromEntries(
    metricCatalogue.flatMap(({ key, of }) => {
      const figures = trials.map(of).filter((figure) => figure !== null);
      return figures.length === 0 ? [] : [[key, describe(figures)]];
    }),
  );
}
