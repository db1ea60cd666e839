import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleHeader, exampleTime, exampleTrial, trialsLine } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { looksOf, runOfJournal } from './assemble-run.ts';
import { openJournal, readJournal, type JournalLine } from './journal.ts';
import { parseRunFile, type RoundPlan } from './run-file.ts';

const round = (number: number): readonly JournalLine[] => [
  trialsLine(exampleTrial('native', number), exampleTrial('docker', number)),
  {
    kind: 'round',
    round: number,
    told: number === 1 ? ['docker: a word'] : [],
    ...exampleTime(number * 1000),
  },
];
const ended: JournalLine = { kind: 'ended', plan: { kind: 'fixed', rounds: 2 }, ...exampleTime(2000) };
const content = (...lines: readonly JournalLine[]) => ({ header: exampleHeader(), lines, diagnostics: [] });

test('makes of a journal that ended a run file that is not marked', () => {
  const run = runOfJournal(content(...round(1), ...round(2), ended));
  expect(parseRunFile(JSON.stringify(run), 'run.json')).toEqual(run);
  expect(run).toMatchObject({ plan: { kind: 'fixed', rounds: 2 }, finishedAt: ended.at });
  expect(run.partial).toBeUndefined();
  expect(run.trials).toHaveLength(4);
  expect(run.diagnostics).toContainEqual({
    level: 'warning',
    code: 'environment',
    message: 'docker: a word',
  });
});

test('marks what has not ended as partial', () => {
  const half = content(...round(1), trialsLine(exampleTrial('native', 2)));
  expect(runOfJournal(half)).toMatchObject({
    partial:
      'the run has not ended: 1 of 2 rounds done; if it was interrupted, --resume=20260131-120000 continues it',
    plan: { kind: 'looks', looks: [], mostRounds: 2, rounds: 2, endedBy: 'interrupted' },
  });
  expect(runOfJournal(half).trials).toHaveLength(3);
  expect(() => runOfJournal(content())).toThrow('run 20260131-120000 has no finished trial yet');
});

test('says when a run was interrupted, and lists what failed for good', () => {
  const reason = 'docker: exited with 137';
  const lost: JournalLine = { kind: 'lost', name: 'docker', round: 2, reason, ...exampleTime(1500) };
  const resumed: JournalLine = { kind: 'resumed', ...exampleTime(1500), at: '2026-01-31T13:00:00.000Z' };
  const { environments, diagnostics } = runOfJournal(content(...round(1), resumed, lost, ended));
  expect(environments[1]).toMatchObject({ name: 'docker', status: 'failed', reason });
  expect(diagnostics).toContainEqual({
    level: 'info',
    code: 'resumed',
    message:
      'the run was interrupted after 1 round (2026-01-31T12:01:00.000Z) and went on at 2026-01-31T13:00:00.000Z',
  });
});

test('reports a journal that ends at any byte of its last line, or anywhere else', async () => {
  using temporary = temporaryFolder();
  const journal = await openJournal(temporary.folder, exampleHeader());
  for (const line of [...round(1), ...round(2), ended]) await journal.append(line);
  await journal.close();
  const path = join(temporary.folder, 'journal.jsonl');
  const whole = await readFile(path);
  const firstLine = whole.indexOf('\n') + 1;
  const lastLine = whole.lastIndexOf('\n', whole.length - 2);
  for (let length = whole.length - 1; length > firstLine; length -= length > lastLine ? 1 : 13) {
    await truncate(path, length);
    const read = await readJournal(temporary.folder);
    const isAtEnd = whole[length - 1] === '\n'.charCodeAt(0);
    expect(read.diagnostics).toHaveLength(isAtEnd ? 0 : 1);
    const run = runOfJournal(read);
    expect(run.partial).toBeDefined();
    expect([2, 4]).toContain(run.trials.length);
  }
});

test('closes with one look more where the budget ended the rounds early', () => {
  const plan: RoundPlan = {
    kind: 'looks',
    looks: [6, 8],
    mostRounds: 20,
    rounds: 9,
    endedBy: 'budget',
    roundMs: 1,
  };
  expect(looksOf(plan)).toEqual({ mostRounds: 20, rounds: [6, 8], end: 'budget' });
  expect(looksOf({ ...plan, endedBy: 'decided' })).toEqual({ mostRounds: 20, rounds: [6, 8] });
  expect(looksOf({ kind: 'fixed', rounds: 9 })).toBeUndefined();
});
