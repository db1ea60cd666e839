import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal, roundsIn, type JournalContent } from './journal.ts';
import { errorCode, fileProblem } from './write-aside.ts';

/** A run of which there is a journal. */
export type ListedRun = {
  readonly id: string;
  readonly state: 'finished' | 'interrupted' | 'running' | 'unreadable';
  /** ISO date; undefined of one that cannot be read. */
  readonly startedAt: string | undefined;
  readonly asks: JournalContent['header']['asks'] | undefined;
  /** Whole ones. */
  readonly rounds: number;
  readonly trials: number;
  readonly bytes: number;
};

/**
 * The runs in a folder, the newest first. What capacity searches and calibrations leave there is none.
 * @param folder reports/runs; without it there are none.
 * @param running ids of those that are under way.
 */
export async function listRuns(folder: string, running: readonly string[]): Promise<readonly ListedRun[]> {
  const ids = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileProblem(folder, 'not read', error);
  });
  const runs: ListedRun[] = [];
  for (const id of ids.toSorted().toReversed()) {
    const run = await listed(join(folder, id), id, running);
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

async function listed(
  folder: string,
  id: string,
  running: readonly string[],
): Promise<ListedRun | undefined> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (!names.includes('header.json')) return undefined;
  const bytes = await bytesIn(folder);
  const isRunning = running.includes(id);
  try {
    const { header, lines } = await readJournal(folder);
    const rounds = roundsIn(lines);
    const isEnded = isWhole({ lines }) && names.includes('run.json');
    return {
      id,
      state: isRunning ? 'running' : isEnded ? 'finished' : 'interrupted',
      startedAt: header.startedAt,
      asks: header.asks,
      rounds: rounds.filter((each) => each.isWhole).length,
      trials: rounds.reduce((sum, { trials }) => sum + trials.length, 0),
      bytes,
    };
  } catch {
    const state = isRunning ? 'running' : 'unreadable';
    return { id, state, startedAt: undefined, asks: undefined, rounds: 0, trials: 0, bytes };
  }
}

/** Whether all rounds of a run were made that it was to have; not of one that somebody ended. */
export function isWhole({ lines }: Pick<JournalContent, 'lines'>): boolean {
  const last = lines.at(-1);
  return last?.kind === 'ended' && !(last.plan.kind === 'looks' && last.plan.endedBy === 'interrupted');
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((each) => each.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Removes the finished runs but the newest `keep`; never one that is running, and none that can be gone on with.
 * @returns those that are gone.
 */
export async function pruneRuns(
  folder: string,
  runs: readonly ListedRun[],
  keep: number,
): Promise<readonly ListedRun[]> {
  const old = runs.filter(({ state }) => state === 'finished').slice(keep);
  for (const { id } of old) await rm(join(folder, id), { recursive: true });
  return old;
}
