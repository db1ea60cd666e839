import { expect, test } from 'vitest';
import { exampleCapacity } from '../../fixtures/example-capacity.ts';
import { renderCapacityMarkdown } from './capacity-markdown.ts';
import { renderCapacityTable } from './capacity-table.ts';
import { renderCapacityCharts } from './render-capacity-charts.ts';

const plain = (file = exampleCapacity()) => renderCapacityTable(file, { columns: 100, colour: false });

test('a row holds the capacity, the first miss, the latency there and the passes', () => {
  expect(plain()).toMatch(/^native +154\.2 req\/s +161 req\/s +5\.00 \/ 41\.2 ms +161, 154\.2 req\/s$/m);
  expect(plain()).toMatch(/^vagrant \(emulated\) +32\.42 req\/s /m);
});

test('a generator that is the limit gives a lower bound', () => {
  expect(plain()).toMatch(/^native +at least 800 req\/s: the generator is the limit +– /m);
});

test('an environment that was not measured comes with its remedy on one line', () => {
  expect(plain()).toContain('podman: unavailable, No engine: ENOENT | <b>*not* `there`</b>\n');
  expect(plain()).toContain('remedy: apt-get install -y podman\n');
});

test('no text holds NaN when nothing was found', () => {
  const empty = { ...exampleCapacity(), steps: [], capacities: [] };
  for (const text of [plain(empty), renderCapacityMarkdown(empty, 'capacity')]) {
    expect(text).toContain('No capacity was found.');
    expect(text).not.toContain('NaN');
  }
  expect(renderCapacityCharts(empty)).toEqual([]);
});

test('the document escapes what others wrote and links its charts', () => {
  const text = renderCapacityMarkdown(exampleCapacity(), 'capacity');
  expect(text).toContain('![primes: latency against offered load](capacity/primes.svg)');
  expect(text).toContain('\\<b\\>\\*not\\*');
  expect(text).not.toContain('NaN');
});

test('a chart per workload says in words what it shows, and is the same every time', () => {
  const charts = renderCapacityCharts(exampleCapacity());
  expect(charts.map(({ fileName }) => fileName)).toEqual(['primes.svg', 'grocery.svg']);
  expect(charts[0]?.svg).toContain('vagrant (emulated): 32.42 req/s');
  expect(charts[0]?.svg).toContain('p99 ≤ 50 ms');
  expect(charts.map(({ svg }) => svg).join('')).not.toMatch(/NaN|Infinity/);
  expect(renderCapacityCharts(exampleCapacity())).toEqual(charts);
});

test('names of workloads cannot leave the folder or meet each other', () => {
  const file = exampleCapacity();
  const names = ['../a b', 'a/b'];
  const rename = (old: string) => names[['primes', 'grocery'].indexOf(old)] ?? old;
  const renamed = {
    ...file,
    config: {
      ...file.config,
      workloads: file.config.workloads.map((workload) => ({ ...workload, name: rename(workload.name) })),
    },
    steps: file.steps.map((step) => ({ ...step, workload: rename(step.workload) })),
  };
  expect(renderCapacityCharts(renamed).map(({ fileName }) => fileName)).toEqual(['a-b.svg', 'a-b-2.svg']);
});
