import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleCapacity } from '../../fixtures/example-capacity.ts';
import { writeCapacityReport } from './write-capacity-report.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('writes the document and the charts, and nothing beside them', async () => {
  const written = await writeCapacityReport(folder, exampleCapacity());
  expect(written).toEqual(
    ['capacity.md', 'capacity/primes.svg', 'capacity/grocery.svg'].map((path) => join(folder, path)),
  );
  expect((await readdir(folder)).sort()).toEqual(['capacity', 'capacity.md']);
  expect((await readdir(join(folder, 'capacity'))).sort()).toEqual(['grocery.svg', 'primes.svg']);
});

test('says in one line that the folder cannot be written', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(writeCapacityReport(join(folder, 'file'), exampleCapacity())).rejects.toThrow(
    /^Cannot write the report to [^\n]*\. Expected a folder that you may write\.$/,
  );
});
