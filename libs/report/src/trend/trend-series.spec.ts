import type { HistoryLine } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleHistory } from '../../fixtures/example-history.ts';
import { trendSeries, type TrendSeries } from './trend-series.ts';

function only(series: readonly TrendSeries[]): TrendSeries {
  const [first, ...others] = series;
  if (first === undefined || others.length > 0) throw new Error(`Expected 1 series, got ${series.length}.`);
  return first;
}

const throughputInDocker = { environment: 'docker', metric: 'throughputRps' };

test('judged metrics in every environment, the baseline first, without the A/A control', () => {
  const names = trendSeries(exampleHistory(3), 'primes').map((s) => `${s.metric.key} ${s.environment}`);
  expect(names.slice(0, 4)).toEqual([
    'startupMs native',
    'startupMs docker',
    'startupMs vagrant',
    'throughputRps native',
  ]);
  expect(names).toHaveLength(12);
});

test('a drop is marked at its first run, with its ratio and effect', () => {
  const series = only(trendSeries(exampleHistory(20, 8), 'primes', throughputInDocker));
  const drop = series.changes.find(({ effect }) => effect === 'worse');
  expect(drop).toMatchObject({ index: 8, p: 0.001 });
  expect(drop?.ratio).toBeCloseTo(0.88, 1);
  expect(series.level).toBeCloseTo(6600 * 0.88, -2);
});

test('a rise of a metric that is better higher is better', () => {
  const drop = exampleHistory(20, 8);
  const rise = drop.toReversed().map((line, run) => ({ ...line, startedAt: drop[run]?.startedAt ?? '' }));
  const { changes } = only(trendSeries(rise, 'primes', throughputInDocker));
  expect(changes.find(({ effect }) => effect !== 'within the margin')).toMatchObject({
    index: 12,
    effect: 'better',
  });
});

test('fewer than 8 runs have no marks', () => {
  expect(only(trendSeries(exampleHistory(7, 4), 'primes', throughputInDocker)).changes).toEqual([]);
  expect(only(trendSeries(exampleHistory(8, 4), 'primes', throughputInDocker)).changes).toHaveLength(1);
});

test('a figure of 0 does not stop the search, only the ratio is missing', () => {
  const lines = exampleHistory(16, 8).map((line, run): HistoryLine => ({
    ...line,
    figures: line.figures.map((figure) => ({ ...figure, mean: run < 8 ? 0 : 100 + ((run * 7) % 3) })),
  }));
  expect(only(trendSeries(lines, 'primes', throughputInDocker)).changes).toMatchObject([
    { index: 8, ratio: null, effect: 'better' },
  ]);
});

test('a run without the environment is left out, and emulation is kept in mind', () => {
  const lines = exampleHistory(10).map((line, run) =>
    run === 4
      ? { ...line, figures: line.figures.filter(({ environment }) => environment !== 'vagrant') }
      : line,
  );
  const series = only(trendSeries(lines, 'primes', { environment: 'vagrant', metric: 'startupMs' }));
  expect(series.points).toHaveLength(9);
  expect(series.emulated).toBe(true);
});

test('a change in an emulated environment is marked and not judged', () => {
  const lines = exampleHistory(16, 8).map((line) => ({
    ...line,
    environments: line.environments.map((each) => ({ ...each, emulated: true })),
  }));
  const { changes } = only(trendSeries(lines, 'primes', throughputInDocker));
  expect(changes.map(({ effect }) => effect)).toContain('not judged');
  expect(changes.map(({ effect }) => effect)).not.toContain('worse');
});
