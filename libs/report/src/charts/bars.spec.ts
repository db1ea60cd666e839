import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun, failedMidway, partlyMetered } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import { pictureOf } from '../plot/chart.ts';
import { barCharts } from './bars.ts';
import { chartFiles } from './run-charts.ts';

const filesOf = (run: RunFile) => chartFiles(reportModel(run));
const svgOf = (run: RunFile, fileName: string) => {
  const file = filesOf(run).find((each) => each.fileName === fileName);
  if (file === undefined) throw new Error(`There is no ${fileName}.`);
  return pictureOf(file.chart, file);
};
const count = (svg: string, pattern: RegExp) => svg.match(pattern)?.length ?? 0;
const dots = /<circle /g;
const intervalLines = /stroke="#1F2328" stroke-width="1.8"/g;

test('each workload has six pictures with names of their own', () => {
  expect(filesOf(exampleRun()).map(({ fileName }) => fileName)).toEqual(
    ['primes', 'grocery'].flatMap((workload) =>
      ['startup', 'throughput', 'latency-mean', 'latency-p95', 'cpu', 'memory'].map(
        (g) => `${workload}-${g}.svg`,
      ),
    ),
  );
});

test('names of workloads cannot leave the folder or meet each other', () => {
  const run = exampleRun();
  const summary = { '../a b': run.summary.primes ?? {}, 'a/b': run.summary.grocery ?? {} };
  const names = filesOf({ ...run, summary }).map(({ fileName }) => fileName);
  expect([names[0], names[6]]).toEqual(['a-b-startup.svg', 'a-b-2-startup.svg']);
});

test('a figure that nobody has gives no chart', () => {
  const run = exampleRun();
  const { startupMs } = run.summary.primes?.native ?? {};
  if (startupMs === undefined) throw new Error('The example has no startup.');
  expect(
    filesOf({ ...run, summary: { primes: { native: { startupMs } } } }).map(({ fileName }) => fileName),
  ).toEqual(['primes-startup.svg']);
});

test('memory is split into net and tare, which together are gross', () => {
  const [workload] = reportModel(exampleRun()).workloads;
  const charts = workload === undefined ? [] : barCharts(workload);
  const memory = charts.find(({ figure }) => figure.heading === 'Memory');
  expect(memory?.table.head).toEqual([
    'Environment',
    'Mean',
    'Deviation',
    '95 % interval',
    'Net',
    'Tare',
    'Trials',
  ]);
  const [, mean = '', , , net = '', tare = ''] = memory?.table.rows.find(([name]) => name === 'docker') ?? [];
  expect(Number(net) + Number(tare)).toBeCloseTo(Number(mean), 0);
  expect(memory?.legend?.map(({ kind }) => kind)).toEqual(['full', 'pale']);
});

test('the same run gives the same bytes, whatever was drawn before', () => {
  const all = () => filesOf(exampleRun()).map((file) => pictureOf(file.chart, file));
  const first = all();
  svgOf(exampleRun(1), 'primes-cpu.svg');
  expect(all()).toEqual(first);
});

test('a picture has a light ground, an alternative, values, and no style sheet', () => {
  const svg = svgOf(exampleRun(), 'primes-startup.svg');
  expect(svg).toMatch(
    /^<svg data-source="tare-report" role="img" aria-label="Startup of primes, ms: native 83\.5 ± 2\.8; /,
  );
  expect(svg).toContain('fill="#FFFFFF"');
  expect(svg).toContain('>ms, lower is better<');
  expect(svg).toContain('>83.5 ± 2.8<');
  expect(svg).not.toMatch(/<style|class=|data-t=|var\(--|NaN|undefined/);
});

test('every trial is a dot and every interval three lines; one trial gives no interval', () => {
  const several = svgOf(exampleRun(4), 'primes-throughput.svg');
  expect([count(several, dots), count(several, intervalLines)]).toEqual([4 * 4, 4 * 3]);
  const once = svgOf(exampleRun(1), 'primes-throughput.svg');
  expect([count(once, dots), count(once, intervalLines)]).toEqual([4, 0]);
});

test('an emulated bar that would flatten the others is cut: two gaps, and neither dots nor an interval', () => {
  const startup = svgOf(exampleRun(4), 'primes-startup.svg');
  expect([count(startup, dots), count(startup, intervalLines), count(startup, /<polygon /g)]).toEqual([
    3 * 4,
    3 * 3,
    2,
  ]);
  expect(startup).toContain('>hatched: not judged; cut: goes beyond the axis<');
  expect(startup).toMatch(/>10\d\d\d ± \d+</);
  expect(count(svgOf(exampleRun(4), 'primes-throughput.svg'), /<polygon /g)).toBe(0);
});

test('a long bar that is judged is drawn whole, and so are emulated ones among themselves', () => {
  const run = exampleRun(4);
  const ofAll = (emulated: boolean): RunFile => ({
    ...run,
    environments: run.environments.map((each) => ({
      ...each,
      facts: { ...each.facts, emulated, accelerator: '' },
    })),
  });
  for (const emulated of [false, true]) {
    expect(count(svgOf(ofAll(emulated), 'primes-startup.svg'), /<polygon /g)).toBe(0);
  }
});

test('an interval without end does not flatten the bars', () => {
  const run = exampleRun(4);
  const { docker } = run.summary.primes ?? {};
  if (docker?.startupMs === undefined) throw new Error('The example has no startup.');
  const wild = { ...docker, startupMs: { ...docker.startupMs, ci95: [-1e9, 1e9] as [number, number] } };
  const summary = { primes: { ...run.summary.primes, docker: wild } };
  const svg = svgOf({ ...run, summary }, 'primes-startup.svg');
  expect(svg).toContain('>500</text>');
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('a failed environment is hatched, as what is not judged', () => {
  const run = failedMidway('docker', 3);
  const hatched = (of: RunFile) => count(svgOf(of, 'primes-throughput.svg'), /opacity="0\.65"/g);
  expect([hatched(exampleRun()), hatched(run)]).toEqual([1, 2]);
  expect(svgOf(run, 'primes-throughput.svg')).toContain('>docker (failed)<');
});

test('a picture of latencies says which loop they are from', () => {
  expect(svgOf(exampleRun(), 'primes-latency-p95.svg')).toContain(
    '>latency: open loop at 3300 req/s, some at another rate<',
  );
});

test('text of a run is escaped in a picture, and the control has no bar', () => {
  const run = exampleRun();
  const summary = { '<a> & "b"': run.summary.primes ?? {} };
  const [file] = filesOf({ ...run, summary });
  const svg = file === undefined ? '' : pictureOf(file.chart, file);
  expect(svg).toContain('>&lt;a&gt; &amp; &quot;b&quot;: startup time<');
  expect(svg).not.toMatch(/<a>|native:control/);
});

test('a bar of gross alone is an outline, and one of net alone has no tare', () => {
  const run = partlyMetered({ docker: ['net'], namespace: ['gross'], vagrant: ['net', 'gross'] });
  const memory = filesOf(run).find(({ fileName }) => fileName === 'primes-memory.svg');
  const rows = memory?.chart.table.rows ?? [];
  expect(rows.map(([name]) => name)).toEqual(['native', 'namespace', 'docker']);
  expect(rows.map((row) => row.slice(4, 6).map((cell) => (cell === '–' ? cell : 'a figure')))).toEqual([
    ['a figure', 'a figure'],
    ['a figure', '–'],
    ['–', '–'],
  ]);
  expect(memory?.chart.alternative).toMatch(
    /namespace [\d.]+ ± [\d.]+ \(net only\); docker .+ \(gross only\)\.$/,
  );
  const svg = svgOf(run, 'primes-memory.svg');
  expect(svg).toContain('gross, not told apart');
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(svgOf(exampleRun(), 'primes-memory.svg')).not.toContain('not told apart');
});
