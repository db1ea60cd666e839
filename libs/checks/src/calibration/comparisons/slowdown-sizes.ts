import { metricCatalogue } from '@tare/results';
import { mean } from '@tare/statistics';
import { closeTo, shown } from '../check/check-items.ts';
import type { CheckItem } from '../result/calibration-file.ts';
import type { RealRun } from './real-comparison.ts';

/** What more work per request changes in a known way when the server is busy all the time. */
const metrics = ['throughputRps', 'latencyP50Ms', 'cpuNetMsPerRequest'];
// HTTP is a few percent of a request and not slowed down, and the runs of a small budget leave a percent of noise
const tolerance = { relative: 0.5 };

/**
 * How large the real slowdowns came out, in percent of the metric: the geometric mean over all runs beside what so much
 * more work must cost. That a difference is found says nothing when a metric shows another one. The largest slowdown is
 * judged: of the others the noise is too large a part.
 */
export function slowdownSizes(runs: readonly RealRun[]): readonly CheckItem[] {
  const slowed = runs.flatMap(({ comparisons }) => comparisons.filter((each) => each.slowdownPercent > 0));
  const largest = Math.max(...slowed.map(({ slowdownPercent }) => slowdownPercent));
  return [...Map.groupBy(slowed, (each) => each.slowdownPercent)]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([percent, group]) =>
      metricCatalogue
        .filter(({ key }) => metrics.includes(key))
        .flatMap(({ key, label, direction }) => {
          const logs = group.flatMap(({ metrics: found }) =>
            found.flatMap(({ metric, ratio }) => (metric === key && ratio !== null ? [Math.log(ratio)] : [])),
          );
          if (logs.length === 0) return [];
          const what = `${percent} % more work per request, ${label}: change`;
          const factor = 1 + percent / 100;
          const truth = percentOf(direction === 'higher' ? 1 / factor : factor);
          const reported = percentOf(Math.exp(mean(logs)));
          return [
            percent === largest
              ? closeTo({ what, reported, truth, unit: '%' }, tolerance)
              : shown(what, reported, truth, '%'),
          ];
        }),
    );
}

function percentOf(ratio: number): number {
  return (ratio - 1) * 100;
}
