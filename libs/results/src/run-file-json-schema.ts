import { z } from 'zod';
import { runFileSchema } from './run-file.ts';

/** The run file as JSON Schema (draft 2020-12), for readers in other languages. */
export function runFileJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(runFileSchema);
  return { $schema, title: 'Tare run file', ...schema };
}
