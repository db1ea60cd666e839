import { z } from 'zod';
import { parseJson } from '../parse-json.ts';
import { schemaProblem } from '../schema-problem.ts';
import { historyLineSchema, historySchemaVersion } from './history-line.ts';
import type { HistoryLine } from './history-line.ts';

const versioned = z.looseObject({ schema: z.unknown() });

/**
 * Reads a file of the history.
 * @param path of the file, for messages.
 * @throws Error, one line that names the file and what is wrong: truncated, another version, another shape.
 */
export function parseHistoryLine(text: string, path: string): HistoryLine {
  const data = parseJson(text, path);
  const version = versioned.safeParse(data).data?.schema;
  if (typeof version === 'number' && version !== historySchemaVersion) {
    throw new Error(
      `${path}: has history version ${version}, this version of Tare reads ${historySchemaVersion}`,
    );
  }
  return checkHistoryLine(data, path);
}

/** @throws Error, one line, when the data are not those of a history line. */
export function checkHistoryLine(data: unknown, path: string): HistoryLine {
  const result = historyLineSchema.safeParse(data);
  if (!result.success) throw new Error(`${path}: ${schemaProblem(result.error, data)}`);
  return result.data;
}
