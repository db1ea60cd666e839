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

it('reads what it wrote and leaves nothing beside it', () => {
  const path = join(folder, 'deep', 'record.json');
  writeRecord(path, { id: 'x' });
  expect(readRecord(path, schema, '')).toEqual({ id: 'x' });
  expect(readdirSync(join(folder, 'deep'))).toEqual(['record.json']);
});

it.each([
  ['{"id":1}', 'id: '],
  ['{"id"', 'it is not JSON'],
])('says in one line what is wrong with %s, and what to do', (text, what) => {
  const path = join(folder, 'wrong.json');
  writeFileSync(path, text);
  const read = () => readRecord(path, schema, 'Run it again.');
  expect(read).toThrow(`${path} is not what was expected (${what}`);
  expect(read).toThrow(/Run it again\.$/);
});

it('says that a file is missing', () => {
  expect(() => readRecord(join(folder, 'none.json'), schema, 'Run it.')).toThrow(
    'none.json cannot be read. Run it.',
  );
});
