import { z } from 'zod';
import { parseJson } from './parse-json.ts';
import { runFileSchema, runFileSchemaVersion } from './run-file.ts';
import type { RunFile } from './run-file.ts';
import { schemaProblem } from './schema-problem.ts';

const versioned = z.looseObject({ schema: z.unknown() });

/**
 * Reads a run file.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file, the place in it, what was expected and what was found; a truncated file
 * and an unknown schema version have lines of their own.
 */
export function parseRunFile(text: string, path: string): RunFile {
  const data = parseJson(text, path);
  const version = versioned.safeParse(data).data?.schema;
  if (typeof version === 'number' && version !== runFileSchemaVersion) {
    throw new Error(
      `${path}: has schema version ${version}, this version of Tare reads ${runFileSchemaVersion}`,
    );
  }
  return checkRun(data, path);
}

/** @throws Error, one line, when the data are not those of a run file. */
export function checkRun(data: unknown, path: string): RunFile {
  const result = runFileSchema.safeParse(data);
  if (!result.success) throw new Error(`${path}: ${schemaProblem(result.error, data)}`);
  return result.data;
}
