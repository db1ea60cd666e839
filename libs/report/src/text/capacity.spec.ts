import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capacity, CapacityFile } from '@tare/results';
import { exampleCapacity } from '@tare/results/fixtures';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { capacityModel, capacityText } from '../charts/capacity.ts';
import {
  capacityPictures,
  renderCapacityMarkdown,
  renderCapacityTerminal,
  writeCapacityReport,
} from './capacity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const plain = (file = exampleCapacity()) => renderCapacityTerminal(file, { columns: 100, colour: false });
const picturesOf = (file: CapacityFile) => capacityPictures(capacityModel(file));

test('each workload has what was found in every environment that was measured, by rate', () => {
  const { workloads } = capacityModel(exampleCapacity());
  expect(workloads.map(({ workload }) => workload)).toEqual(['primes', 'grocery']);
  expect(workloads[0]?.environments.map(({ title }) => title)).toEqual([
    'native',
    'docker',
    'vagrant (emulated)',
  ]);
  for (const { points } of workloads.flatMap(({ environments }) => environments)) {
    const rates = points.map(({ rateRps }) => rateRps);
    expect(rates).toEqual(rates.toSorted((one, other) => one - other));
  }
});

test.each<[Partial<Capacity>, string]>([
  [{}, '640 req/s'],
  [{ highestRps: null, lowestMissRps: 12.5 }, 'below 12.5 req/s'],
  [{ highestRps: null, lowestMissRps: null, limit: 'generator' }, 'unknown: the generator is the limit'],
  [{ limit: 'generator' }, 'at least 640 req/s: the generator is the limit'],
  [{ limit: 'maximum' }, 'at least 640 req/s: no more was asked for'],
  [{ limit: 'steps' }, 'at least 640 req/s: the search was not finished'],
])('a capacity in words: %j', (change, text) => {
  const capacity: Capacity = {
    workload: 'primes',
    environment: 'native',
    highestRps: 640,
    lowestMissRps: 660,
    limit: 'slo',
    passes: [],
  };
  expect(capacityText({ ...capacity, ...change })).toBe(text);
});

test('a row holds the capacity, the first miss, the latency there and the passes', () => {
  expect(plain()).toMatch(/^native +154\.2 req\/s +161 req\/s +5\.00 \/ 41\.2 ms +161, 154\.2 req\/s$/m);
  expect(plain()).toMatch(/^vagrant \(emulated\) +32\.42 req\/s /m);
  expect(plain()).toMatch(/^native +at least 800 req\/s: the generator is the limit +– /m);
});

test('an environment that was not measured comes with its remedy on one line', () => {
  expect(plain()).toContain('podman: unavailable, No engine: ENOENT | <b>*not* `there`</b>\n');
  expect(plain()).toContain('remedy: apt-get install -y podman\n');
});

test('no text holds NaN when nothing was found', () => {
  const empty = { ...exampleCapacity(), steps: [], capacities: [] };
  for (const text of [plain(empty), renderCapacityMarkdown(capacityModel(empty))]) {
    expect(text).toContain('No capacity was found.');
    expect(text).not.toContain('NaN');
  }
  expect(picturesOf(empty)).toEqual([]);
});

test('the document escapes what others wrote and links its charts', () => {
  const text = renderCapacityMarkdown(capacityModel(exampleCapacity()));
  expect(text).toContain('![primes: latency against offered load](capacity/primes.svg)');
  expect(text).toContain('\\<b\\>\\*not\\*');
  expect(text).not.toContain('NaN');
});

test('a picture per workload says in words what it shows, and is the same every time', () => {
  const pictures = picturesOf(exampleCapacity());
  expect(pictures.map(({ fileName }) => fileName)).toEqual(['primes.svg', 'grocery.svg']);
  expect(pictures[0]?.svg).toContain('>vagrant (emulated): 32.42 req/s<');
  expect(pictures[0]?.svg).toContain('>p99 ≤ 50 ms<');
  expect(pictures.map(({ svg }) => svg).join('')).not.toMatch(/NaN|Infinity/);
  expect(picturesOf(exampleCapacity())).toEqual(pictures);
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
  expect(picturesOf(renamed).map(({ fileName }) => fileName)).toEqual(['a-b.svg', 'a-b-2.svg']);
});

test('the document and the charts are written, and nothing beside them', async () => {
  const written = await writeCapacityReport(folder, exampleCapacity());
  expect(written).toEqual(
    ['capacity.md', 'capacity/primes.svg', 'capacity/grocery.svg'].map((path) => join(folder, path)),
  );
  expect((await readdir(folder)).sort()).toEqual(['capacity', 'capacity.md']);
  expect((await readdir(join(folder, 'capacity'))).sort()).toEqual(['grocery.svg', 'primes.svg']);
});

test('a folder that cannot be written is named in one line', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(writeCapacityReport(join(folder, 'file'), exampleCapacity())).rejects.toThrow(
    /^Cannot write the report to [^\n]*\. Expected a folder that you may write\.$/,
  );
});
