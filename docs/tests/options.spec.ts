import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executorSchema } from '@tare/options';
import { combineOptionsForExecutor } from 'nx/src/utils/params';
import { expect, it } from 'vitest';
import { executors, generatedFiles } from './generated-files.ts';

const files = await generatedFiles();

it.each([...files])('%s is what follows from the option tables: npx nx run docs:generate', (path, text) => {
  expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(text);
});

it('lets Nx take the former names of flags', async () => {
  const bench = (await executors()).find(({ name }) => name === '@tare/nx-bench:bench');
  if (bench === undefined) throw new Error('there is no executor bench');
  const schema = executorSchema(bench.options) as Parameters<typeof combineOptionsForExecutor>[3];
  const target = { options: { config: 'bench.config.ts' } };
  const given = { turnMs: '5', twin: 'false' };
  expect(combineOptionsForExecutor(given, '', target, schema, 'bench', '.')).toMatchObject({
    sliceMs: 5,
    control: false,
  });
});
