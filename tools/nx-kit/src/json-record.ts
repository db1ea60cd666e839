import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseFile, writeAside } from '@tare/results';
import { z } from 'zod';
import { messageOf } from './task.ts';

/** A digest as a record has it. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/**
 * Reads a JSON file and checks it.
 * @param remedy what to do when the file is missing or wrong, for the message.
 * @throws Error in one line that names the file.
 */
export function readRecord<T>(path: string, schema: z.ZodType<T>, remedy: string): T {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${path} cannot be read. ${remedy}`, { cause });
  }
  try {
    return parseFile(schema, text, path);
  } catch (cause) {
    throw new Error(`${messageOf(cause)}. ${remedy}`, { cause });
  }
}

/** Writes a JSON file, whole or not at all; creates its folder. @throws Error in one line that names the file. */
export async function writeRecord(path: string, record: object): Promise<void> {
  await writeAside(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** Lower-case hex digest of a file's bytes, for the record of what it is. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** What a text of JSON holds; undefined if it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
