import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHistory } from '../../fixtures/example-history.ts';
import { renderTrend, writeTrend } from './trend.ts';

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
