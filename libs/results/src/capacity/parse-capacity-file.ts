import { z } from 'zod';
import { parseJson } from '../parse-json.ts';
import { schemaProblem } from '../schema-problem.ts';
import { capacityFileSchema, capacityFileSchemaVersion, type CapacityFile } from './capacity-file.ts';

const versioned = z.looseObject({ schema: z.unknown() });

/**
 * Reads a capacity file.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file, the place in it, what was expected and what was found; a truncated file
 * and an unknown schema version have lines of their own.
 */
export function parseCapacityFile(text: string, path: string): CapacityFile {
  const data = parseJson(text, path);
  const version = versioned.safeParse(data).data?.schema;
  if (typeof version === 'number' && version !== capacityFileSchemaVersion) {
    throw new Error(
      `${path}: has schema version ${version}, this version of Tare reads ${capacityFileSchemaVersion}`,
    );
  }
  return checkCapacity(data, path);
}

/** @throws Error, one line, when the data are not those of a capacity file. */
export function checkCapacity(data: unknown, path: string): CapacityFile {
  const result = capacityFileSchema.safeParse(data);
  if (!result.success) throw new Error(`${path}: ${schemaProblem(result.error, data)}`);
  return result.data;
}
