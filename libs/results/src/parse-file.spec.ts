import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOrRefused, spoilt, tries } from '../../../properties.shared.ts';
import { exampleCapacity } from '../fixtures/example-capacity.ts';
import { exampleHeader, exampleRun, exampleTrial, trialsLine } from '../fixtures/example-run.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { calibrationSchema } from './calibration-file.ts';
import { parseCapacityFile } from './capacity-file.ts';
import { gateResultSchema } from './gate-result.ts';
import { historyLine, parseHistoryLine } from './history-line.ts';
import { appendHistory, readHistory } from './history.ts';
import { readJournal, roundsIn } from './journal.ts';
import { parseFile } from './parse-file.ts';
import { parseRunFile } from './run-file.ts';

const reports = join(import.meta.dirname, '../../../reports');
const calibration = JSON.parse(
  readFileSync(join(reports, 'calibration/4bfdce89117c.json'), 'utf8'),
) as unknown;
const line = historyLine(exampleRun(), { commit: '1a2b3c4', dirty: false });
const gate = {
  ...{ schema: 1, startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:09:05.678Z', decision: 'pass', exitCode: 0 },
  ...{ problem: null, base: null, head: null, threshold: 0.1, warnings: [], comparisons: [] },
  workloads: [{ workload: 'new', status: 'not-compared', reason: 'the base does not have it' }],
  environments: [{ environment: 'native', status: 'measured' }],
  run: { id: '20260102-030405-abcdef', seed: 7, rounds: 30 },
}; // prettier-ignore

/** A run file as version 1 had it. */
const run1 = JSON.parse(
  JSON.stringify({ ...exampleRun(), schema: 1 }).replaceAll('"control"', '"twin"'),
) as unknown;

describe('a file that was spoilt is read or refused in one line that names it, and leaves nothing behind', () => {
  const kinds: readonly (readonly [string, unknown, (text: string) => unknown])[] = [
    ['run file', exampleRun(), (text) => parseRunFile(text, 'a.json')],
    ['run file of version 1', run1, (text) => parseRunFile(text, 'a.json')],
    ['history', line, (text) => parseHistoryLine(text, 'a.json')],
    ['history of version 1', { ...line, schema: 1 }, (text) => parseHistoryLine(text, 'a.json')],
    ['capacity', exampleCapacity(), (text) => parseCapacityFile(text, 'a.json')],
    ['calibration', calibration, (text) => parseFile(calibrationSchema, text, 'a.json')],
    ['gate', gate, (text) => parseFile(gateResultSchema, text, 'a.json')],
  ];
  test.each(kinds)('%s', (_, good, parse) => {
    fc.assert(
      fc.property(spoilt(good), (text) => {
        const result = readOrRefused(() => parse(text));
        if ('refused' in result) expect(result.refused).toMatch(/^a\.json: [^\n\r]+$/);
      }),
      tries(),
    );
  });

  test('what is written is taken', () => {
    for (const [, good, parse] of kinds) expect(() => parse(JSON.stringify(good))).not.toThrow();
  });
});

test('a journal with a spoilt line is read up to it, or refused by its number', async () => {
  using temporary = temporaryFolder();
  const { folder } = temporary;
  const good = JSON.stringify(trialsLine(exampleTrial('native', 1)));
  await fc.assert(
    fc.asyncProperty(spoilt(trialsLine(exampleTrial('docker', 1))), fc.boolean(), async (text, isLast) => {
      const spoiltLine = text.replaceAll('\n', ' ');
      await writeFile(join(folder, 'header.json'), JSON.stringify(exampleHeader()));
      await writeFile(join(folder, 'journal.jsonl'), `${good}\n${spoiltLine}\n${isLast ? '' : `${good}\n`}`);
      const result = await readJournal(folder).catch((error: unknown) => error);
      if (result instanceof Error) {
        expect(result.name).toBe('Error');
        expect(result.message).toMatch(/journal\.jsonl: line 2: [^\n\r]+$/);
      } else {
        const { lines } = result as Awaited<ReturnType<typeof readJournal>>;
        expect(roundsIn(lines).flatMap(({ trials }) => trials)[0]?.environment).toBe('native');
      }
    }),
    tries(100),
  );
});

test('no id leads a line of the history out of its folder', async () => {
  using temporary = temporaryFolder();
  const { folder } = temporary;
  await fc.assert(
    fc.asyncProperty(spoilt(line), async (text) => {
      const result = readOrRefused(() => parseHistoryLine(text, 'a.json'));
      if (!('read' in result)) return;
      const history = join(folder, 'inner', 'history');
      await mkdir(history, { recursive: true });
      const { path } = await appendHistory(history, result.read);
      expect(path.slice(history.length)).toMatch(/^\/[0-9a-f]{12}\/[\w.-]+\.json$/);
      expect((await readHistory(history)).problems).toEqual([]);
      expect(await readdir(folder)).toEqual(['inner']);
      expect(await readdir(join(folder, 'inner'))).toEqual(['history']);
      await rm(history, { recursive: true });
    }),
    tries(100),
  );
});
