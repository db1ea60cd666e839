import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHistory } from '../../fixtures/example-history.ts';
import { changeMark, commitText, trendGroups, type TrendChange, type TrendSeries } from './trend-series.ts';
import { caveatText, changeSentence, hostText, renderTrend, runsText, writeTrend } from './trend.ts';

const plain = { columns: 120, colour: false };

test('the same history gives the same bytes, in whatever order its lines come', () => {
  const lines = exampleHistory(12, 6);
  const first = renderTrend(lines);
  renderTrend(exampleHistory(5));
  const again = renderTrend(lines.toReversed());
  expect(again.pictures).toEqual(first.pictures);
  expect(again.markdown).toBe(first.markdown);
  expect(again.text(plain)).toBe(first.text(plain));
});

test('the change is said in words, in the table, in the document and in the picture', () => {
  const trend = renderTrend(exampleHistory(20, 12), { environment: 'docker', metric: 'throughputRps' });
  const sentence = /throughput of primes in docker fell 1[12] % at abc120c \(2026-03-13\), p = 0\.001: worse/;
  expect(trend.text(plain)).toMatch(sentence);
  expect(trend.text(plain)).toMatch(/Throughput, req\/s +docker +20 .*−1[12] % abc120c/);
  expect(trend.markdown).toMatch(sentence);
  expect(trend.pictures).toHaveLength(1);
  expect(trend.pictures[0]?.svg).toMatch(/>−1[12] % worse</);
  expect(trend.pictures[0]?.svg).toContain('aria-label="primes: throughput over runs; docker, now ');
});

test('every run is a dot with an interval', () => {
  const [picture] = renderTrend(exampleHistory(9), { metric: 'throughputRps' }).pictures;
  expect(picture?.svg.match(/<circle /g) ?? picture?.svg.match(/<path [^>]*a3\.4 /gi)).toHaveLength(3 * 9);
});

test('other hosts and other conditions are groups of their own, the latest first', () => {
  const [older = [], newer = []] = [exampleHistory(3), exampleHistory(6).slice(3)];
  const lines = [
    ...older,
    ...newer.map((line) => ({
      ...line,
      workloads: [{ name: 'primes', conditions: 'f'.repeat(12), artifact: null }],
    })),
  ];
  const { groups, pictures } = renderTrend(lines);
  expect(groups.map(({ conditions, lines: own }) => [conditions, own.length])).toEqual([
    ['f'.repeat(12), 3],
    ['ba9876543210', 3],
  ]);
  expect(new Set(pictures.map(({ fileName }) => fileName)).size).toBe(8);
  expect(renderTrend(lines, { host: 'ff' }).groups).toEqual([]);
  expect(renderTrend(lines, { host: '0123' }).groups).toHaveLength(2);
});

test('one run has a table and no picture', () => {
  const trend = renderTrend(exampleHistory(1));
  expect(trend.pictures).toEqual([]);
  expect(trend.text(plain)).toContain('No change found.');
  expect(trend.text(plain)).toContain('there is 1.');
});

test('hostile names are shown as text and cannot leave the folder', () => {
  const lines = exampleHistory(2).map((line) => ({
    ...line,
    workloads: line.workloads.map((workload) => ({ ...workload, name: '../<b>\u001b[31m|' })),
    figures: line.figures.map((figure) => ({ ...figure, workload: '../<b>\u001b[31m|' })),
  }));
  const { pictures, markdown, text } = renderTrend(lines);
  expect(pictures[0]?.fileName).toMatch(/^[\w-]+\.svg$/);
  expect(pictures[0]?.svg).not.toContain('<b>');
  expect(markdown).toContain('\\<b\\>\\|');
  expect(text(plain)).not.toContain('\u001b');
});

test('a written trend replaces the pictures of the one before and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tare-trend-'));
  try {
    await writeTrend(folder, renderTrend(exampleHistory(3)));
    await writeFile(join(folder, 'mine.svg'), '<svg/>');
    const trend = renderTrend(exampleHistory(3), { metric: 'startupMs' });
    await writeTrend(folder, trend);
    expect((await readdir(folder)).sort()).toEqual(['mine.svg', trend.pictures[0]?.fileName, 'trend.md']);
    expect(await readFile(join(folder, 'trend.md'), 'utf8')).toBe(trend.markdown);
    await expect(writeTrend(join(folder, 'mine.svg'), trend)).rejects.toThrow(/^Cannot write the trend to /);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

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
