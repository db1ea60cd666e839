import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { exampleCapacity } from '../fixtures/example-capacity.ts';
import { exampleHeader, exampleRun, exampleTime, exampleTrial, trialsLine } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { writeCapacityFile } from './capacity-file.ts';
import { gateResultSchema } from './gate-result.ts';
import { historyLine } from './history-line.ts';
import { appendHistory } from './history.ts';
import { openJournal, type JournalLine } from './journal.ts';
import { jsonSchemas } from './json-schemas.ts';
import { writeRunFile } from './run-file.ts';

const folder = new URL('../schemas/', import.meta.url);
const published = readdirSync(folder).map(
  (name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object] as const,
);

test('the published schemas are up to date (nx run results:json-schemas)', () => {
  expect(Object.fromEntries(published)).toEqual(Object.fromEntries(jsonSchemas()));
});

/** What another reader finds wrong with a file, by the schemas as they are published. */
function problemsOf(schema: string, data: unknown) {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: { 'date-time': true } });
  const validate = ajv.compile(Object.fromEntries(published)[`${schema}.schema.json`] ?? false);
  validate(data);
  return validate.errors ?? [];
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

test('a run file as it is written fits its schema, and one with an unknown or a missing member does not', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'run.json');
  await writeRunFile(path, exampleRun());
  expect(problemsOf('run-file', read(path))).toEqual([]);
  const { seed, ...rest } = exampleRun();
  expect(problemsOf('run-file', { ...rest, seeds: seed })).toHaveLength(2);
});

test('the files of a journal fit theirs', async () => {
  using temporary = temporaryFolder();
  const trial = exampleTrial('native', 1);
  const lines: readonly JournalLine[] = [
    { kind: 'starts', round: 1, workload: 'primes', starts: { native: [80] }, ...exampleTime(10) },
    trialsLine(trial),
    {
      kind: 'repeat',
      repeat: {
        round: 1,
        attempt: 1,
        workload: 'primes',
        environment: 'docker',
        cause: 'failure',
        reason: 'not ready within 30 s',
      },
      samples: trial.samples,
      ...exampleTime(20),
    },
    { kind: 'lost', name: 'docker', round: 1, reason: 'not ready within 30 s', ...exampleTime(30) },
    { kind: 'round', round: 1, told: [], ...exampleTime(40) },
    { kind: 'decision', round: 1, message: 'all is open', ...exampleTime(50) },
    { kind: 'resumed', ...exampleTime(60) },
    { kind: 'ended', plan: { kind: 'fixed', rounds: 1 }, ...exampleTime(70) },
  ];
  const journal = await openJournal(temporary.folder, exampleHeader());
  for (const line of lines) await journal.append(line);
  await journal.close();
  expect(problemsOf('journal-header', read(join(temporary.folder, 'header.json')))).toEqual([]);
  const written = readFileSync(join(temporary.folder, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  expect(written.map((line) => problemsOf('journal-line', JSON.parse(line)))).toEqual(lines.map(() => []));
});

test('the history and a search for capacity fit theirs', async () => {
  using temporary = temporaryFolder();
  const line = historyLine(exampleRun(), { commit: null, dirty: false });
  const { path } = await appendHistory(temporary.folder, line);
  expect(problemsOf('history', read(path))).toEqual([]);
  const capacityPath = join(temporary.folder, 'capacity.json');
  await writeCapacityFile(capacityPath, exampleCapacity());
  expect(problemsOf('capacity', read(capacityPath))).toEqual([]);
});

test('a gate without a decision fits its schema', () => {
  const startedAt = '2026-01-31T12:00:00.000Z';
  const gate = gateResultSchema.parse({
    schema: 1,
    startedAt,
    finishedAt: startedAt,
    decision: 'invalid',
    exitCode: 3,
    problem: 'no commit "main"',
    base: null,
    head: { ref: 'HEAD', commit: 'a'.repeat(40), subject: 'Faster', modified: true },
    threshold: 0.05,
    workloads: [{ workload: 'primes', status: 'same-bytes', sha256: 'b'.repeat(64) }],
    environments: [{ environment: 'native', status: 'not-needed' }],
    run: null,
    comparisons: [],
    warnings: [],
  });
  expect(problemsOf('gate', gate)).toEqual([]);
  expect(problemsOf('gate', { ...gate, decision: 'maybe' })).not.toEqual([]);
});
