import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z, type ZodType } from 'zod';

/**
 * Reads a JSON file and checks it.
 * @param remedy what to do when the file is missing or wrong, for the message.
 * @throws Error in one line that names the file.
 */
export function readRecord<T>(path: string, schema: ZodType<T>, remedy: string): T {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${path} cannot be read. ${remedy}`, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const what =
      issue === undefined ? 'it is not JSON' : `${issue.path.join('.') || 'the file'}: ${issue.message}`;
    throw new Error(`${path} is not what was expected (${what}). ${remedy}`, { cause });
  }
}

/** Writes a JSON file aside and renames it: a reader sees the old or the new, never a half. */
export function writeRecord(path: string, record: object): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.partial`;
  writeFileSync(aside, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(aside, path);
}

/** Lower-case hex digest of a file's bytes, for the record of what it is. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
