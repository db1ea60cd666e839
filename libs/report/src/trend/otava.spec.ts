import type { HistoryLine } from '@tare/results';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleHistory } from '../../fixtures/example-history.ts';
import { otavaFiles } from './otava.ts';
import { trendGroups } from './trend-series.ts';

type Config = {
  readonly tests: Readonly<Record<string, { readonly file: string; readonly metrics: object }>>;
  readonly test_groups: Readonly<Record<string, readonly string[]>>;
};

function filesOf(lines: readonly HistoryLine[]) {
  const files = new Map(otavaFiles(trendGroups(lines, {})).map(({ path, text }) => [path, String(text)]));
  const config = parse(files.get('otava.yaml') ?? '') as Config;
  const rowsOf = (test: string): readonly Readonly<Record<string, string>>[] => {
    const [head = [], ...rows] = (files.get(config.tests[test]?.file ?? '') ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    return rows.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place] ?? ''])));
  };
  return { files, config, rowsOf };
}

const native = 'primes-native-0123456789ab-ba9876543210';
const docker = 'primes-docker-0123456789ab-ba9876543210';

test('each judged environment is a test with the means of every run, of the workload’s group', () => {
  const lines = exampleHistory(4);
  const { config, files, rowsOf } = filesOf(lines);
  expect(config.test_groups).toEqual({ primes: [native, docker] });
  expect(Object.keys(config.tests)).toEqual([native, docker]);
  expect(files.size).toBe(3);
  expect(config.tests[docker]).toEqual({
    type: 'csv',
    file: `otava/${docker}.csv`,
    time_column: 'time',
    attributes: ['commit', 'run'],
    metrics: {
      startupMs: { direction: -1 },
      throughputRps: { direction: 1 },
      latencyP50Ms: { direction: -1 },
      memoryNetMiB: { direction: -1 },
    },
  });
  const expected = lines.map(({ startedAt, commit, id, figures }) => ({
    time: startedAt,
    commit,
    run: id,
    ...Object.fromEntries(
      figures
        .filter(({ environment }) => environment === 'docker')
        .map(({ metric, mean }) => [metric, String(mean)]),
    ),
  }));
  expect(rowsOf(docker)).toEqual(expected);
});

test('a metric that some runs lack is in a test of its own, and no field is empty', () => {
  const [first, ...others] = exampleHistory(4);
  if (first === undefined) throw new Error('the example has no run');
  const figures = first.figures.filter(({ metric }) => metric !== 'startupMs');
  const { config, rowsOf } = filesOf([{ ...first, figures }, ...others]);
  expect(config.test_groups).toEqual({ primes: [native, docker, `${native}-2`, `${docker}-2`] });
  expect(rowsOf(docker)).toHaveLength(4);
  expect(rowsOf(`${docker}-2`)).toHaveLength(3);
});

test('a commit whose tree had other changes is marked, and a run without one has none', () => {
  const [first, second] = exampleHistory(2);
  if (first === undefined || second === undefined) throw new Error('the example has no runs');
  const { rowsOf } = filesOf([
    { ...first, dirty: true },
    { ...second, commit: null },
  ]);
  expect(rowsOf(native).map(({ commit }) => commit)).toEqual([`${first.commit ?? ''}+`, '']);
});
