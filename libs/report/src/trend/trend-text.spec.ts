import { expect, test } from 'vitest';
import { exampleHistory } from '../../fixtures/example-history.ts';
import { trendGroups } from './trend-series.ts';
import type { TrendChange, TrendSeries } from './trend-series.ts';
import { caveatText, changeMark, changeSentence, commitText, hostText, runsText } from './trend-text.ts';

function exampleSeries(): TrendSeries {
  const [series] = trendGroups(exampleHistory(20), {
    environment: 'docker',
    metric: 'throughputRps',
  }).flatMap((group) => group.series);
  if (series === undefined) throw new Error('The example has no throughput.');
  return series;
}

const change: TrendChange = { index: 5, ratio: 0.88, p: 0.005, effect: 'worse' };

test.each([
  [{}, 'fell 12 %'],
  [{ ratio: 1.031 }, 'rose 3.1 %'],
  [{ ratio: 3.2811 }, 'rose to ×3.28'],
  [{ ratio: 0.25 }, 'fell to ×0.250'],
  [{ ratio: null }, 'changed'],
])('%j reads as %s', (other, words) => {
  expect(changeSentence('primes', exampleSeries(), { ...change, ...other })).toBe(
    `throughput of primes in docker ${words} at abc1205 (2026-03-06), p = 0.005: worse`,
  );
});

test('a mark is short', () => {
  expect(changeMark(change)).toBe('−12 %');
  expect(changeMark({ ...change, ratio: 1.031 })).toBe('+3.1 %');
  expect(changeMark({ ...change, ratio: 2.5 })).toBe('×2.50');
});

test('a run is named by its commit, a changed tree has a plus, no commit gives the run', () => {
  const point = { id: 'run-1', commit: 'abcdef0123', dirty: false };
  expect(commitText(point)).toBe('abcdef0');
  expect(commitText({ ...point, dirty: true })).toBe('abcdef0+');
  expect(commitText({ ...point, commit: null })).toBe('run run-1');
});

test('a group says its host, its runs, and what the marks are worth', () => {
  const [group] = trendGroups(exampleHistory(20), {});
  const [young] = trendGroups(exampleHistory(3), {});
  if (group === undefined || young === undefined) throw new Error('The example has no group.');
  expect(hostText(group)).toBe(
    'Example CPU @ 3.00GHz, 4 cores, 16 GiB, Linux 6.12, Node v24.21.0 (host 0123456789ab)',
  );
  expect(runsText(group)).toBe('20 runs, 2026-03-01 to 2026-03-20');
  expect(caveatText(group)).toBe('12 series were tested at p ≤ 0.05: chance alone marks about 0.6 of them.');
  expect(caveatText(young)).toBe(
    'A change can be found from 8 runs on one host under the same conditions; there are 3.',
  );
});
