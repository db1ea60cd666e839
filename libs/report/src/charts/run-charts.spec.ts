import type { RunFile } from '@tare/results';
import { expect, test } from 'vitest';
import { exampleRun } from '../../fixtures/example-run.ts';
import { reportModel } from '../model/report-model.ts';
import type { MetricRow, WorkloadModel } from '../model/workload-model.ts';
import type { Chart } from '../plot/chart.ts';
import { pageFrame, pictureFrame } from '../plot/theme.ts';
import { ratiosChart } from './ratios.ts';
import { withinTrials } from './run-charts.ts';
import { titleLines, trialsChart } from './trials.ts';

function primes(run: RunFile): WorkloadModel {
  const [workload] = reportModel(run).workloads;
  if (workload === undefined) throw new Error('The example has no workload.');
  return workload;
}

function rowOf(run: RunFile, key: string): MetricRow {
  const row = primes(run).rows.find(({ metric }) => metric.key === key);
  if (row === undefined) throw new Error(`The example has no ${key}.`);
  return row;
}

const pageSvg = (chart: Chart | undefined) => chart?.draw(pageFrame).svg ?? '';
const within = (run: RunFile) => withinTrials(primes(run), { warmUp: '2 s' }, []);
const count = (svg: string, pattern: RegExp) => svg.match(pattern)?.length ?? 0;

test('every trial is a point that tells its exact value, and a violation with it', () => {
  const run = exampleRun(4);
  const svg = pageSvg(trialsChart('grocery', rowOf(run, 'throughputRps')));
  expect(count(svg, /<circle [^>]*data-t="[^"]+, round \d: \d+ req\/s"/g)).toBe(4 * 4);
  const [, grocery] = reportModel(run).workloads;
  const row = grocery?.rows.find(({ metric }) => metric.key === 'throughputRps');
  const marked = row === undefined ? '' : pageSvg(trialsChart('grocery', row));
  expect(count(marked, /\(violates foreign-cpu\)/g)).toBe(1);
});

test('emulated environments have a scale of their own', () => {
  const run = exampleRun(4);
  const ticks = (of: RunFile) => count(pageSvg(trialsChart('primes', rowOf(of, 'startupMs'))), /text-anchor="end"/g);
  const plain = { ...run, environments: run.environments.map((each) => ({ ...each, facts: {} })) };
  expect(ticks(run)).toBeGreaterThan(ticks(plain));
  expect(trialsChart('primes', rowOf(run, 'startupMs')).caption.text).toMatch(/; emulated ones on a scale of their own$/);
}); // prettier-ignore

test('ratios show the judged environments, the table all of them', () => {
  const chart = ratiosChart('primes', rowOf(exampleRun(), 'throughputRps'));
  expect(chart?.caption.text).toBe(
    'Ratio to native; the band is ± 2 %, the lines are the intervals that were judged',
  );
  expect(count(pageSvg(chart), /<circle /g)).toBe(2);
  expect(chart?.table.rows.map((row) => [row[0], row[1], row[8]])).toEqual([
    ['namespace', 'same', '×1.00'],
    ['docker', 'worse', '×0.934'],
    ['vagrant (emulated)', 'none: emulated', '×0.201'],
  ]);
  expect(pageSvg(chart)).toContain('>← worse<');
});

// a run file has no estimate of what is typical, only its interval
test('the interval that was judged is drawn with its middle as the ratio: of gross memory that of the tare', () => {
  const run = exampleRun();
  const look = { rounds: 8, interval: [1.21, 1.44] as [number, number], sameWithin: 0.44, by: 'typical' as const };
  const comparisons = run.comparisons.map((each) => ({ ...each, look: each.verdict === null ? null : look }));
  const chart = ratiosChart('primes', rowOf({ ...run, comparisons }, 'memoryGrossMiB'));
  expect(chart?.caption.text).toMatch(/the lines are the intervals that were judged, by tare$/);
  expect(pageSvg(chart)).toContain('"docker: ×1.32 [1.21, 1.44] by tare, 12 rounds, decided after 8 rounds, worse"');
  const table = chart?.table;
  const docker = table?.rows.find(([name]) => name === 'docker') ?? [];
  expect(Object.fromEntries(table?.head.map((title, place) => [title, docker[place]]) ?? [])).toMatchObject({
    'Judged by': 'tare',
    'Ratio judged': '×1.32',
    'Interval judged': '[1.21, 1.44]',
    'Ratio by rounds': '×1.28',
  });
}); // prettier-ignore

test('an interval without end is cut off at the edge', () => {
  const run = exampleRun();
  const comparisons = run.comparisons.map((each) => ({
    ...each,
    ci95: [1e-9, 1e9] as [number, number],
    look: null,
  }));
  const svg = pageSvg(ratiosChart('primes', rowOf({ ...run, comparisons }, 'throughputRps')));
  expect(svg).not.toMatch(/NaN|Infinity/);
  expect(svg).toContain('>×1<');
});

test('within the trials there are percentiles, CPU and memory, fresh instances, and a start per environment', () => {
  const groups = within(exampleRun(6));
  expect(groups.map(({ charts }) => charts.map(({ caption }) => caption.heading))).toEqual([
    ['Latency by percentile'],
    ['CPU over the load window', 'Memory over the load window', 'Throughput of fresh instances'],
    ['native', 'namespace', 'docker', 'vagrant (emulated)'],
  ]);
  const { warmUps, ...given } = exampleRun(6);
  expect(warmUps).toHaveLength(6);
  expect(within(given)[1]?.charts).toHaveLength(2);
});

test('every chart draws the same bytes each time, with variables for colours on the page and none in a picture', () => {
  for (const rounds of [1, 6]) {
    for (const chart of within(exampleRun(rounds)).flatMap(({ charts }) => charts)) {
      const svg = pageSvg(chart);
      expect(svg).toBe(pageSvg(chart));
      expect(svg).not.toMatch(/#[0-9a-f]{6}|NaN|undefined|Infinity/i);
      expect(svg).toContain('data-t="');
      expect(chart.draw(pictureFrame).svg).not.toMatch(/var\(--|NaN/);
      expect(chart.table.rows.length).toBeGreaterThan(0);
    }
  }
});

test('long titles take two lines and are cut', () => {
  expect(titleLines('native', 10)).toEqual(['native']);
  expect(titleLines('vagrant (emulated)', 10)).toEqual(['vagrant', '(emulated)']);
  expect(titleLines('a-very-long-name', 8)).toEqual(['a-very-…']);
});
