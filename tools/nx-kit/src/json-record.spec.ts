import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readRecord, writeRecord } from './json-record.ts';

const schema = z.strictObject({ id: z.string() });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-record-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('reads what it wrote and leaves nothing beside it', async () => {
  const path = join(folder, 'deep', 'record.json');
  await writeRecord(path, { id: 'x' });
  expect(readRecord(path, schema, '')).toEqual({ id: 'x' });
  expect(readdirSync(join(folder, 'deep'))).toEqual(['record.json']);
});

it.each([
  ['{"id":1}', 'id: expected a string, found 1'],
  ['{"id"', 'ends after 5 characters in the middle of the JSON: the file is not whole'],
])('says in one line what is wrong with %s, and what to do', (text, what) => {
  const path = join(folder, 'wrong.json');
  writeFileSync(path, text);
  const read = () => readRecord(path, schema, 'Run it again.');
  expect(read).toThrow(new Error(`${path}: ${what}. Run it again.`));
});

it('says that a file is missing', () => {
  expect(() => readRecord(join(folder, 'none.json'), schema, 'Run it.')).toThrow(
    'none.json cannot be read. Run it.',
  );
});
