import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHeader, exampleTime, exampleTrial, trialsLine } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { openJournal, type JournalLine } from './journal.ts';
import { listRuns, pruneRuns } from './run-list.ts';

const measured: readonly JournalLine[] = [
  trialsLine(exampleTrial('native', 1), exampleTrial('docker', 1)),
  { kind: 'round', round: 1, told: [], ...exampleTime(1000) },
];
const ended: JournalLine = { kind: 'ended', plan: { kind: 'fixed', rounds: 1 }, ...exampleTime(1000) };

async function writeRun(folder: string, id: string, lines: readonly JournalLine[]): Promise<void> {
  const journal = await openJournal(join(folder, id), { ...exampleHeader(), id });
  for (const line of lines) await journal.append(line);
  await journal.close();
  if (lines.includes(ended)) await writeFile(join(folder, id, 'run.json'), '{}');
}

async function writeRuns(folder: string): Promise<void> {
  await writeRun(folder, '20260101-000000-a', [...measured, ended]);
  await writeRun(folder, '20260102-000000-b', measured);
  await writeRun(folder, '20260103-000000-c', [...measured, ended]);
  await writeRun(folder, '20260104-000000-d', measured);
  await writeRun(folder, '20260105-000000-e', [...measured, ended]);
  await mkdir(join(folder, 'of-another-version'));
  await writeFile(join(folder, 'of-another-version', 'header.json'), '{}');
  await mkdir(join(folder, 'a-capacity'));
}

test('lists runs, the newest first, with state, trials and size', async () => {
  using temporary = temporaryFolder();
  await writeRuns(temporary.folder);
  const runs = await listRuns(temporary.folder, ['20260104-000000-d']);
  expect(runs.map(({ id, state, trials }) => [id, state, trials])).toEqual([
    ['of-another-version', 'unreadable', 0],
    ['20260105-000000-e', 'finished', 2],
    ['20260104-000000-d', 'running', 2],
    ['20260103-000000-c', 'finished', 2],
    ['20260102-000000-b', 'interrupted', 2],
    ['20260101-000000-a', 'finished', 2],
  ]);
  expect(runs[1]?.bytes).toBeGreaterThan(1000);
  expect(await listRuns(join(temporary.folder, 'none'), [])).toEqual([]);
});

test('removes finished runs but the newest, none that is running and none that can be gone on with', async () => {
  using temporary = temporaryFolder();
  await writeRuns(temporary.folder);
  const running = ['20260101-000000-a'];
  const gone = await pruneRuns(temporary.folder, await listRuns(temporary.folder, running), 1);
  expect(gone.map(({ id }) => id)).toEqual(['20260103-000000-c']);
  expect((await readdir(temporary.folder)).toSorted()).toEqual([
    '20260101-000000-a',
    '20260102-000000-b',
    '20260104-000000-d',
    '20260105-000000-e',
    'a-capacity',
    'of-another-version',
  ]);
});
