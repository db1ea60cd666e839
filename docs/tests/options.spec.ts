import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from './generated-files.ts';

const files = await generatedFiles();

it.each([...files])('%s is what follows from the option tables: npx nx run docs:generate', (path, text) => {
  expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(text);
});
