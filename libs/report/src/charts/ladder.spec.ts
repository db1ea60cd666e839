import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { ladderRun } from '../../fixtures/example-ladder.ts';
import { reportModel } from '../model/report-model.ts';
import { pictureOf } from '../plot/chart.ts';
import { pageFrame, pictureFrame } from '../plot/theme.ts';
import { ladderChart } from './ladder.ts';
import { chartFiles } from './run-charts.ts';

function chartOf(run: RunFile) {
  const { ladder } = reportModel(run);
  const [workload] = ladder?.workloads ?? [];
  if (ladder === undefined || workload === undefined) throw new Error('The example has no ladder.');
  return ladderChart(workload, ladder.missing);
}

const count = (svg: string, pattern: RegExp) => svg.match(pattern)?.length ?? 0;
const across = { ...pictureFrame, widthPx: 960 };

test('every rung has a mark in each of the four small charts, and the emulated one an arrow where it would flatten the others', () => {
  const { svg } = chartOf(ladderRun()).draw(across);
  expect([count(svg, /<circle /g), count(svg, /<polygon /g)]).toEqual([9 * 4 - 3, 3]);
  for (const title of ['Startup, s (log)', 'Memory tare, MiB', 'Throughput, ratio', 'Latency p95, ratio'])
    expect(svg).toContain(`>${title}<`);
});

test('the rungs stand once where there is room, and twice on a phone, under the kernels that they run on', () => {
  const chart = chartOf(ladderRun());
  const groups = [/>host’s kernel</g, />user-space kernel</g, />guest’s kernel</g, />docker:published</g];
  const counts = (svg: string) => groups.map((each) => count(svg, each));
  expect(counts(chart.draw(across).svg)).toEqual([1, 1, 1, 1]);
  expect(counts(chart.draw(pageFrame).svg)).toEqual([2, 2, 2, 2]);
  const run = ladderRun();
  const onHost = run.environments.filter(
    ({ isolation }) => isolation === undefined || isolation.kernel === 'host',
  );
  expect(chartOf({ ...run, environments: onHost }).draw(across).svg).not.toContain('kernel<');
});

test('what could not be measured stands at the end with its reason, in the drawing, in its words and in its table', () => {
  const { alternative, table, draw } = chartOf(ladderRun());
  const words = 'podman:rootless (unavailable): /etc/subuid has no line for the user bench';
  expect(draw(across).svg).toContain(words);
  expect(alternative).toContain(words);
  expect(table.rows.at(-1)).toEqual([
    'podman:rootless',
    'unavailable: /etc/subuid has no line for the user bench',
  ]);
  expect(table.rows[0]?.slice(-2)).toEqual(['–', 'loopback']);
});

test('the picture is as wide as the drawing, and the same each time', () => {
  const [file] = chartFiles(reportModel(ladderRun()));
  expect(file).toMatchObject({ fileName: 'primes-ladder.svg', belongsTo: 'ladder' });
  if (file === undefined) return;
  const svg = pictureOf(file.chart, file);
  expect(svg).toContain('width="1000"');
  expect(svg).not.toMatch(/NaN|undefined|Infinity|var\(--/);
  expect(pictureOf(file.chart, file)).toBe(svg);
});

test('without intervals, with one round, it is drawn as well', () => {
  for (const frame of [across, pageFrame])
    expect(chartOf(ladderRun(1)).draw(frame).svg).not.toMatch(/NaN|undefined|Infinity/);
});
