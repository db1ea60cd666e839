import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileProblem } from '../file-problem.ts';
import { parseJson } from '../parse-json.ts';
import { schemaProblem } from '../schema-problem.ts';
import { journalHeaderSchema } from './journal-header.ts';
import type { JournalHeader } from './journal-header.ts';

/** Paths of the two files of a journal. */
export function journalFiles(folder: string): { readonly header: string; readonly trials: string } {
  return { header: join(folder, 'header.json'), trials: join(folder, 'trials.jsonl') };
}

/** @throws Error, one line, when the data are not those of a header. */
export function checkHeader(data: unknown, path: string): JournalHeader {
  const result = journalHeaderSchema.safeParse(data);
  if (!result.success) throw new Error(`${path}: ${schemaProblem(result.error, data)}`);
  return result.data;
}

/** Header of a journal; null when the folder has none. */
export async function readHeader(path: string): Promise<JournalHeader | null> {
  const bytes = await readIfThere(path);
  return bytes && checkHeader(parseJson(bytes.toString('utf8'), path), path);
}

/** Bytes of a file; null when it is not there. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileProblem(path, 'not read', error);
  }
}
