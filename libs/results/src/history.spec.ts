import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleRun } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { historyLine } from './history-line.ts';
import type { HistoryLine } from './history-line.ts';
import { appendHistory, readHistory } from './history.ts';

function lineAt(day: number, change: Partial<HistoryLine> = {}): HistoryLine {
  const startedAt = `2026-03-${String(day).padStart(2, '0')}T12:00:00.000Z`;
  const run = { ...exampleRun(), id: `run-${day}`, startedAt };
  return { ...historyLine(run, { commit: null, dirty: true }), ...change };
}

test('gives the runs by time, whatever their names and hosts', async () => {
  using temporary = temporaryFolder();
  const lines = [lineAt(9), lineAt(10, { hostFingerprint: '0'.repeat(12) }), lineAt(2)];
  for (const line of lines) {
    expect(await appendHistory(temporary.folder, line)).toMatchObject({ added: true });
  }
  expect(await readHistory(temporary.folder)).toEqual({
    lines: [lines[2], lines[0], lines[1]],
    problems: [],
  });
});

test('each run is one file of one line, and nothing is left beside it', async () => {
  using temporary = temporaryFolder();
  const line = lineAt(1);
  const { path } = await appendHistory(temporary.folder, line);
  expect(path).toBe(join(temporary.folder, line.hostFingerprint, 'run-1.json'));
  expect(await readdir(join(temporary.folder, line.hostFingerprint))).toEqual(['run-1.json']);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2);
});

test('the same run twice is one entry, the first', async () => {
  using temporary = temporaryFolder();
  await appendHistory(temporary.folder, lineAt(1));
  expect(await appendHistory(temporary.folder, lineAt(1, { commit: 'abcdef0' }))).toMatchObject({
    added: false,
  });
  expect((await readHistory(temporary.folder)).lines).toEqual([lineAt(1)]);
});

test('a broken file is left out and named, and the run can be added anew', async () => {
  using temporary = temporaryFolder();
  const { path } = await appendHistory(temporary.folder, lineAt(1));
  await appendHistory(temporary.folder, lineAt(2));
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100));

  const { lines, problems } = await readHistory(temporary.folder, 'reports/history');
  expect(lines).toEqual([lineAt(2)]);
  const shown = join('reports/history', lineAt(1).hostFingerprint, 'run-1.json');
  expect(problems).toEqual([
    `${shown}: ends after 100 characters in the middle of the JSON: the file is not whole`,
  ]);
  expect(await appendHistory(temporary.folder, lineAt(1))).toMatchObject({ added: true });
  expect((await readHistory(temporary.folder)).problems).toEqual([]);
});

test.each([
  ['{"schema":3}', 'has history version 3, this version of Tare reads 2'],
  ['', 'is empty, expected JSON'],
  ['<<<<<<< HEAD', /^[^\n]*is not JSON[^\n]*$/],
  ['{"schema":2}', /^[^\n]*id: expected a string, found nothing \(and \d+ more\)$/],
])('a file with %j gets one line', async (text, message) => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'a.json');
  await writeFile(path, text);
  const { lines, problems } = await readHistory(temporary.folder);
  expect(lines).toEqual([]);
  expect(problems).toEqual([
    typeof message === 'string' ? `${path}: ${message}` : expect.stringMatching(message),
  ]);
});

test('other files and files under way are no runs', async () => {
  using temporary = temporaryFolder();
  await mkdir(join(temporary.folder, 'host.json'));
  await writeFile(join(temporary.folder, '.run-1.json.tmp'), 'x');
  await writeFile(join(temporary.folder, '.run-1.json'), 'x');
  await writeFile(join(temporary.folder, 'README.md'), 'x');
  const { lines, problems } = await readHistory(temporary.folder);
  expect(lines).toEqual([]);
  expect(problems).toEqual([`${join(temporary.folder, 'host.json')}: not read: a folder is in its place`]);
});

test('no folder is no history', async () => {
  using temporary = temporaryFolder();
  expect(await readHistory(join(temporary.folder, 'none'))).toEqual({ lines: [], problems: [] });
});

test('a file in place of the folder gets one line', async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.folder, 'history');
  await writeFile(path, '');
  await expect(readHistory(path)).rejects.toThrow(`${path}: not read: part of its path is not a folder`);
  await expect(appendHistory(path, lineAt(1))).rejects.toThrow('not written');
});

test.each([{ id: '../../etc/passwd' }, { id: '' }, { commit: 'main' }])(
  '%j is refused before anything is written',
  async (change) => {
    using temporary = temporaryFolder();
    await expect(appendHistory(temporary.folder, lineAt(1, change))).rejects.toThrow(/^history line: /);
    expect(await readdir(temporary.folder)).toEqual([]);
  },
);
