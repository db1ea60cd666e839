import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileProblem } from '../file-problem.ts';
import type { HistoryLine } from './history-line.ts';
import { parseHistoryLine } from './parse-history-line.ts';

/** The runs that a history has, and the files that it has in vain. */
export type History = {
  /** By the time when the runs began; a run that is there twice comes once. */
  readonly lines: readonly HistoryLine[];
  /** One line per file that is left out: which, and why. */
  readonly problems: readonly string[];
};

/**
 * Reads a history: every `*.json` in the folder and in the folders of its hosts. A file that cannot be read, is not whole or
 * is of another version is left out and named.
 * @param shown the folder as messages shall name it.
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
