import { writeFile } from 'node:fs/promises';
import { jsonSchemas } from './json-schemas.ts';

// Run by the target json-schemas, which formats the files afterwards.
for (const [name, schema] of jsonSchemas())
  await writeFile(new URL(`../schemas/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
