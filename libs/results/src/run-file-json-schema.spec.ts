import { expect, test } from 'vitest';
import published from '@tare/results/run-file.schema.json' with { type: 'json' };
import { runFileJsonSchema } from './run-file-json-schema.ts';

test('the published JSON Schema is up to date (nx run results:json-schema)', () => {
  expect(published).toEqual(runFileJsonSchema());
});
