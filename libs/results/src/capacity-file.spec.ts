import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleCapacity } from '../fixtures/example-capacity.ts';
import { appendCapacityStep, parseCapacityFile, writeCapacityFile } from './capacity-file.ts';

describe('parseCapacityFile', () => {
  it('reads back what was written', () => {
    const file = exampleCapacity();
    expect(parseCapacityFile(JSON.stringify(file), 'capacity.json')).toEqual(file);
  });

  it.each<[string, unknown, string]>([
    [
      'another version',
      { ...exampleCapacity(), schema: 2 },
      'capacity.json: has schema version 2, this version of Tare reads 1',
    ],
    [
      'a rate of 0',
      { ...exampleCapacity(), generatorRps: 0 },
      'capacity.json: generatorRps: expected more than 0, found 0',
    ],
    ['a run file', { schema: 1, trials: [] }, 'capacity.json: id: expected a string, found nothing'],
  ])('refuses %s in one line', (_, data, message) => {
    const parse = () => parseCapacityFile(JSON.stringify(data), 'capacity.json');
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/\n/);
  });

  it('tells a file that is not whole', () => {
    expect(() => parseCapacityFile('{"schema": 1, "id": "x', 'capacity.json')).toThrow(
      'the file is not whole',
    );
  });
});

describe('writing', () => {
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
});
