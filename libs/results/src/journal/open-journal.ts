import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { fileProblem } from '../file-problem.ts';
import { trialSchema } from '../run-file.ts';
import type { Trial } from '../run-file.ts';
import { schemaProblem } from '../schema-problem.ts';
import { flushFolder, writeAside } from '../write-aside.ts';
import { appendFailure, type TrialFailure } from './trial-failure.ts';
import { checkHeader, journalFiles, readHeader, readIfThere } from './journal-files.ts';
import type { JournalHeader } from './journal-header.ts';
import { parseTrialLines } from './trial-lines.ts';
import type { TrialLines } from './trial-lines.ts';

/** The trials of a run, each safe on the disk as soon as it is finished. */
export type Journal = {
  /**
   * Adds a trial; resolves when it has reached the disk. Calls are written one after the other.
   * @throws Error, one line, when the trial is invalid or not written; the trials before it stay whole and readable.
   */
  readonly append: (trial: Trial) => Promise<void>;
  /** Adds a trial that failed, with the readings up to then, to failures.jsonl; resolves when it has reached the disk. */
  readonly fail: (failure: TrialFailure) => Promise<void>;
  /** Waits for what is being written and releases the file. May be called twice. */
  readonly close: () => Promise<void>;
};

/**
 * Opens the journal of a run: a folder with header.json and trials.jsonl, one trial per line. A folder that already holds
 * this run is gone on with, after the whole trials in it; the line that a crash tore is removed.
 * @param folder of one run, created when missing: reports/runs/<id>.
 * @throws Error, one line, when the header is invalid, the folder holds another run or a damaged one, or cannot be written.
 */
export async function openJournal(folder: string, header: JournalHeader): Promise<Journal> {
  const files = journalFiles(folder);
  const checked = checkHeader(header, files.header);
  const present = await readHeader(files.header);
  const written = await readIfThere(files.trials);
  if (present !== null) requireSameRun(present, checked, files.header);
  else if (written !== null)
    throw new Error(`${files.trials}: is there without header.json, expected an empty folder`);
  else await writeAside(files.header, `${JSON.stringify(checked, null, 2)}\n`);

  const whole = parseTrialLines(written ?? Buffer.alloc(0), files.trials);
  const file = await openAfter(whole, folder, files.trials);
  return journalIn(file, files.trials, whole);
}

function requireSameRun(present: JournalHeader, wanted: JournalHeader, path: string): void {
  const keys = Object.keys(wanted) as (keyof JournalHeader)[];
  const different = keys.find((key) => !isDeepStrictEqual(present[key], wanted[key]));
  if (different !== undefined) {
    throw new Error(
      `${path}: belongs to another run (its ${different} differs), expected an empty folder or the same run`,
    );
  }
}

async function openAfter(whole: TrialLines, folder: string, path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'a');
    if (whole.tornLine !== null) await file.truncate(whole.safeBytes);
    await flushFolder(folder);
    return file;
  } catch (error) {
    throw fileProblem(path, 'not opened', error);
  }
}

function journalIn(file: FileHandle, path: string, whole: TrialLines): Journal {
  let safeTrials = whole.trials.length;
  let safeBytes = whole.safeBytes;
  let torn = false;
  let last: Promise<unknown> = Promise.resolve();

  async function write(trial: Trial): Promise<void> {
    const result = trialSchema.safeParse(trial);
    const name = `trial of "${trial.environment}" in round ${trial.round} of "${trial.workload}"`;
    if (!result.success)
      throw new Error(`${path}: ${name} is invalid: ${schemaProblem(result.error, trial)}`);
    const line = Buffer.from(`${JSON.stringify(result.data)}\n`);
    try {
      // What a failed write left would otherwise be a damaged line in the middle.
      if (torn) await file.truncate(safeBytes);
      torn = true;
      await file.appendFile(line);
      await file.sync();
      torn = false;
    } catch (error) {
      const safe = `${safeTrials === 1 ? '1 trial before it is' : `${safeTrials} trials before it are`} safe`;
      throw fileProblem(path, `${name} not written`, error, safe);
    }
    safeTrials += 1;
    safeBytes += line.length;
  }

  return {
    fail: (failure) => appendFailure(join(dirname(path), 'failures.jsonl'), failure),
    append: (trial) => {
      const done = last.then(() => write(trial));
      // The caller gets the failure from `done`; the next trial must not fail with it.
      last = done.catch(() => undefined);
      return done;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
}
