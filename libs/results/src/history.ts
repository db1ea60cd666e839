import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyLineSchema, parseHistoryLine } from './history-line.ts';
import type { HistoryLine } from './history-line.ts';
import { checkData } from './parse-file.ts';
import { errorCode, fileProblem, writeAside } from './write-aside.ts';

/**
 * Adds a run to the history: one file of one line, `<folder>/<host fingerprint>/<run id>.json`, whole or not at all. One file
 * per run, since branches that both measured then merge without a conflict. A run that is there already stays as it is: what
 * is known of its commit was true when it was added.
 * @param folder reports/history; created when missing.
 * @returns the path of the file, and whether it is new.
 * @throws Error, one line that names the file and what is wrong with the line, or why it could not be written.
 */
export async function appendHistory(
  folder: string,
  line: HistoryLine,
): Promise<{ readonly path: string; readonly added: boolean }> {
  const { id, hostFingerprint } = checkData(historyLineSchema, line, 'history line');
  const path = join(folder, hostFingerprint, `${id}.json`);
  if (await isInHistory(path)) return { path, added: false };
  await writeAside(path, `${JSON.stringify(line)}\n`);
  return { path, added: true };
}

/** A broken file does not count: it is written again. */
async function isInHistory(path: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    // The attempt to write reports any other problem with the place.
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

/** The runs of a history, and the files in it that cannot be used. */
type History = {
  /** In the order in which the runs started; a run that is there twice comes once. */
  readonly lines: readonly HistoryLine[];
  /** One line per file that is left out: which, and why. */
  readonly problems: readonly string[];
};

/**
 * Reads a history: every `*.json` in the folder and in the folders of its hosts. A file that cannot be read, is not whole or
 * is of another version is left out and named.
 * @param shown the folder as messages name it.
 * @returns no lines when there is no such folder.
 * @throws Error, one line, when the folder cannot be read.
 */
export async function readHistory(folder: string, shown = folder): Promise<History> {
  const names = (await namesIn(folder, shown)).filter(isHistoryFile).toSorted();
  const lines = new Map<string, HistoryLine>();
  const problems: string[] = [];
  for (const name of names) {
    try {
      const line = await readLine(join(folder, name), join(shown, name));
      if (!lines.has(line.id)) lines.set(line.id, line);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { lines: [...lines.values()].toSorted(byTime), problems };
}

/** Files that are being written begin with a dot. */
function isHistoryFile(name: string): boolean {
  return /^(?:[^./\\][^/\\]*[/\\])?[^./\\][^/\\]*\.json$/.test(name);
}

async function namesIn(folder: string, shown: string): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileProblem(shown, 'not read', error);
  }
}

async function readLine(path: string, shown: string): Promise<HistoryLine> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileProblem(shown, 'not read', error);
  }
  return parseHistoryLine(text, shown);
}

function byTime(a: HistoryLine, b: HistoryLine): number {
  return Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.id < b.id ? -1 : 1);
}
