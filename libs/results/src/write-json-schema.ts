import { writeFile } from 'node:fs/promises';
import { runFileJsonSchema } from './run-file.ts';

// Run by the target json-schema, which formats the file afterwards.
const place = new URL('../run-file.schema.json', import.meta.url);
await writeFile(place, `${JSON.stringify(runFileJsonSchema(), null, 2)}\n`);
