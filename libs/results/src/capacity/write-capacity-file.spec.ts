import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendCapacityStep } from './append-capacity-step.ts';
import { exampleCapacity } from './example-capacity.ts';
import { parseCapacityFile } from './parse-capacity-file.ts';
import { writeCapacityFile } from './write-capacity-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-capacity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('writes the whole file and leaves nothing beside it', async () => {
  const path = join(folder, 'latest', 'capacity.json');
  await writeCapacityFile(path, exampleCapacity());
  expect(parseCapacityFile(await readFile(path, 'utf8'), path)).toEqual(exampleCapacity());
  expect(await readdir(join(folder, 'latest'))).toEqual(['capacity.json']);
});

it('does not write what is invalid', async () => {
  const path = join(folder, 'capacity.json');
  const invalid = { ...exampleCapacity(), generatorRps: Number.NaN };
  await expect(writeCapacityFile(path, invalid)).rejects.toThrow(
    'generatorRps: expected a number, found NaN',
  );
  expect(await readdir(folder)).toEqual([]);
});

it('appends one line per step', async () => {
  const path = join(folder, 'steps.jsonl');
  const steps = exampleCapacity().steps;
  for (const step of steps) await appendCapacityStep(path, step);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(steps);
});

it('says in one line which step could not be written', async () => {
  const [step] = exampleCapacity().steps;
  if (step === undefined) throw new Error('The example has no step.');
  await expect(appendCapacityStep(join(folder, 'none', 'steps.jsonl'), step)).rejects.toThrow(
    /steps\.jsonl: step of "native" at 50 req\/s not written: no such file or folder$/,
  );
});
