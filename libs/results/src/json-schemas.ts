import { z } from 'zod';
import { calibrationSchema } from './calibration-file.ts';
import { capacityFileSchema } from './capacity-file.ts';
import { gateResultSchema } from './gate-result.ts';
import { historyLineSchema } from './history-line.ts';
import { journalHeaderSchema, journalLineSchema } from './journal.ts';
import { runFileSchema } from './run-file.ts';

/** Every format that this library writes: the name of its JSON Schema, its title, and the schema that is used here. */
const formats = [
  ['run-file', 'Tare run file: run.json', runFileSchema],
  ['journal-header', 'Tare journal of a run: header.json', journalHeaderSchema],
  ['journal-line', 'Tare journal of a run: a line of journal.jsonl', journalLineSchema],
  ['history', 'Tare history: the file of a run', historyLineSchema],
  ['capacity', 'Tare search for capacity: capacity.json', capacityFileSchema],
  ['gate', 'Tare gate: gate.json', gateResultSchema],
  ['calibration', 'Tare calibration: <host>.json', calibrationSchema],
] as const satisfies readonly (readonly [string, string, z.ZodType])[];

/** Where the schemas can be read once this package is on npm. */
const published = 'https://unpkg.com/@tare/results/schemas/';

/**
 * The file formats as JSON Schema (draft 2020-12), for readers in other languages: name of the file in `schemas/` → schema.
 */
export function jsonSchemas(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  return new Map(
    formats.map(([name, title, format]) => {
      const { $schema, ...schema } = z.toJSONSchema(format, {
        // of TypeScript, not of the file
        override: ({ jsonSchema }) => delete jsonSchema.readOnly,
      });
      const fileName = `${name}.schema.json`;
      return [fileName, { $schema, $id: `${published}${fileName}`, title, ...schema }] as const;
    }),
  );
}
