import type { FileText } from '@tare/results';
import { stringify } from 'yaml';
import { fileNamePart } from '../model/words.ts';
import type { TrendGroup, TrendPoint, TrendSeries } from './trend-series.ts';

/** The runs of an environment that have the same metrics: a test of Otava. */
type OtavaTest = {
  readonly workload: string;
  readonly name: string;
  readonly series: readonly TrendSeries[];
};

/**
 * A history for Apache Otava (https://otava.apache.org): `otava.yaml` with a test for each environment of each group and a test
 * group for each workload, and the data of the tests as `otava/<test>.csv`: a row per run, with the time, the commit ("+" after it
 * where the tree had other changes), the id of the run and the means. Otava wants a number in every field, so that metrics
 * which other runs have are in a test of their own. An emulated environment is left out: it is not judged.
 * @returns paths from the folder of the trend, in which Otava has to be started.
 */
export function otavaFiles(groups: readonly TrendGroup[]): readonly FileText[] {
  const tests = testsOf(groups);
  const config = {
    tests: Object.fromEntries(
      tests.map(({ name, series }) => [
        name,
        {
          type: 'csv',
          file: csvPath(name),
          time_column: 'time',
          attributes: ['commit', 'run'],
          metrics: Object.fromEntries(
            series.map(({ metric }) => [metric.key, { direction: metric.direction === 'higher' ? 1 : -1 }]),
          ),
        },
      ]),
    ),
    test_groups: Object.fromEntries(
      [...Map.groupBy(tests, ({ workload }) => workload)].map(([workload, own]) => [
        workload,
        own.map(({ name }) => name),
      ]),
    ),
  };
  return [
    { path: 'otava.yaml', text: stringify(config) },
    ...tests.map(({ name, series }) => ({ path: csvPath(name), text: csvOf(series) })),
  ];
}

function csvPath(test: string): string {
  return `otava/${test}.csv`;
}

function testsOf(groups: readonly TrendGroup[]): readonly OtavaTest[] {
  const taken = new Set<string>();
  return groups.flatMap(({ workload, hostFingerprint, conditions, series }) => {
    const judged = series.filter(({ emulated }) => !emulated);
    const alike = Map.groupBy(judged, ({ environment, points }) =>
      JSON.stringify([environment, ...points.map(({ id }) => id)]),
    );
    const longestFirst = [...alike.values()].toSorted((a, b) => runsOf(b) - runsOf(a));
    return longestFirst.map((own) => {
      const environment = own[0]?.environment ?? '';
      const name = fileNamePart(`${workload}-${environment}-${hostFingerprint}-${conditions}`, taken);
      return { workload, name, series: own };
    });
  });
}

function runsOf([first]: readonly TrendSeries[]): number {
  return first?.points.length ?? 0;
}

/** No field needs quotes: times, hashes, ids of runs and numbers. */
function csvOf(series: readonly TrendSeries[]): string {
  const points = series[0]?.points ?? [];
  const rows = points.map((point, run) => [
    point.startedAt,
    commitOf(point),
    point.id,
    ...series.map((each) => each.points[run]?.mean),
  ]);
  const head = ['time', 'commit', 'run', ...series.map(({ metric }) => metric.key)];
  return [head, ...rows].map((row) => `${row.join(',')}\n`).join('');
}

function commitOf({ commit, dirty }: TrendPoint): string {
  return commit === null ? '' : `${commit}${dirty ? '+' : ''}`;
}
