import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../file-problem.ts';
import { writeAside } from '../write-aside.ts';
import type { HistoryLine } from './history-line.ts';
import { checkHistoryLine, parseHistoryLine } from './parse-history-line.ts';

/**
 * Adds a run to the history: one file of one line, `<folder>/<host fingerprint>/<run id>.json`, whole or not at all. One file
 * per run, since branches that both measured then merge without a conflict. A run that is there already stays as it is: what
 * is known of its commit was true when it was added.
 * @param folder reports/history; made if need be.
 * @returns the path of the file, and whether it is new.
 * @throws Error, one line that names the file and what is wrong with the line, or why it could not be written.
 */
export async function appendHistory(
  folder: string,
  line: HistoryLine,
): Promise<{ readonly path: string; readonly added: boolean }> {
  const { id, hostFingerprint } = checkHistoryLine(line, 'history line');
  const path = join(folder, hostFingerprint, `${id}.json`);
  if (await isInHistory(path)) return { path, added: false };
  await writeAside(path, `${JSON.stringify(line)}\n`);
  return { path, added: true };
}

/** A broken file is none: it is written anew. */
async function isInHistory(path: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    // Whatever else is the matter with the place, the attempt to write tells it.
    if (errorCode(error) !== undefined) return false;
    throw error;
  }
  try {
    parseHistoryLine(text, path);
    return true;
  } catch {
    return false;
  }
}
