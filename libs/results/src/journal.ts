import { appendFile, open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { checkData, parseFile } from './parse-file.ts';
import { repeatSchema, runFileSchema, trialSchema } from './run-file.ts';
import type { Diagnostic, Trial } from './run-file.ts';
import { errorCode, fileProblem, flushFolder, writeJson } from './write-aside.ts';

/** What is known of a run before its first trial; enough to resume it after a crash. */
export const journalHeaderSchema = runFileSchema.pick({
  schema: true,
  id: true,
  startedAt: true,
  seed: true,
  host: true,
  config: true,
  artifacts: true,
});

export type JournalHeader = z.infer<typeof journalHeaderSchema>;

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
 * Opens the journal of a run: a folder with header.json and trials.jsonl, one trial per line. In a folder that already
 * holds this run, the journal continues after the whole trials; the line that a crash tore is removed.
 * @param folder of one run, created when missing: reports/runs/<id>.
 * @throws Error, one line, when the header is invalid, the folder holds another run or a damaged one, or cannot be written.
 */
export async function openJournal(folder: string, header: JournalHeader): Promise<Journal> {
  const files = journalFiles(folder);
  const checked = checkData(journalHeaderSchema, header, files.header);
  const present = await readHeader(files.header);
  const written = await readIfThere(files.trials);
  if (present !== null) requireSameRun(present, checked, files.header);
  else if (written !== null)
    throw new Error(`${files.trials}: is there without header.json, expected an empty folder`);
  else await writeJson(journalHeaderSchema, files.header, checked);

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
    const name = `trial of "${trial.environment}" in round ${trial.round} of "${trial.workload}"`;
    const checked = checkData(trialSchema, trial, `${path}: ${name} is invalid`);
    const line = Buffer.from(`${JSON.stringify(checked)}\n`);
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

/** A run as far as it got. */
type JournalContent = {
  readonly header: JournalHeader;
  readonly trials: readonly Trial[];
  /** Says when a torn last line was dropped. */
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * Reads the journal of a run. The line that a crash tore is dropped, and a diagnostic says so.
 * @param folder of one run: reports/runs/<id>.
 * @throws Error, one line that names the file, and the line for a trial, when it is missing or damaged elsewhere.
 */
export async function readJournal(folder: string): Promise<JournalContent> {
  const files = journalFiles(folder);
  const header = await readHeader(files.header);
  if (header === null) throw new Error(`${files.header}: not there, expected the header of a run`);
  const { trials, tornLine } = parseTrialLines(
    (await readIfThere(files.trials)) ?? Buffer.alloc(0),
    files.trials,
  );
  const message = `${files.trials}: line ${tornLine} was cut off and is left out; whole trials: ${trials.length}`;
  return {
    header,
    trials,
    diagnostics: tornLine === null ? [] : [{ level: 'warning', code: 'journal-torn-line', message }],
  };
}

/** A trial that failed, with the readings up to then. */
export const trialFailureSchema = repeatSchema.extend({ samples: trialSchema.shape.samples.readonly() });

export type TrialFailure = z.infer<typeof trialFailureSchema>;

/** Appends a line and flushes it. @throws Error, one line, when it cannot be written. */
async function appendFailure(path: string, failure: TrialFailure): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(failure)}\n`, { flush: true });
  } catch (error) {
    throw fileProblem(path, 'not written', error);
  }
}

/** Paths of the two files of a journal. */
function journalFiles(folder: string): { readonly header: string; readonly trials: string } {
  return { header: join(folder, 'header.json'), trials: join(folder, 'trials.jsonl') };
}

/** Header of a journal; null when the folder has none. */
async function readHeader(path: string): Promise<JournalHeader | null> {
  const bytes = await readIfThere(path);
  return bytes && parseFile(journalHeaderSchema, bytes.toString('utf8'), path);
}

/** Bytes of a file; null when it is not there. */
async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileProblem(path, 'not read', error);
  }
}

const newline = 0x0a;

/** The trials of a journal, and how far its bytes can be trusted. */
type TrialLines = {
  readonly trials: readonly Trial[];
  /** Length of the whole lines; what follows was torn by a crash. */
  readonly safeBytes: number;
  /** Number of the torn last line, from 1; null when there is none. */
  readonly tornLine: number | null;
};

/**
 * Reads the lines of trials.jsonl. A crash leaves a last line that has no end or is not JSON; it is not read.
 * @param path of the file, for messages.
 * @throws Error, one line with the line's number, when another line is not JSON or any line is not a trial.
 */
function parseTrialLines(bytes: Buffer, path: string): TrialLines {
  const trials: Trial[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    const line = trials.length + 1;
    const isLast = end === -1 || end === bytes.length - 1;
    const parsed = end === -1 ? null : parseLine(bytes.toString('utf8', start, end));
    if (parsed === null) {
      if (isLast) return { trials, safeBytes: start, tornLine: line };
      throw new Error(`${path}: line ${line}: is not JSON`);
    }
    trials.push(checkData(trialSchema, parsed.data, `${path}: line ${line}`));
    start = end + 1;
  }
  return { trials, safeBytes: bytes.length, tornLine: null };
}

function parseLine(text: string): { readonly data: unknown } | null {
  try {
    return { data: JSON.parse(text) };
  } catch {
    return null;
  }
}
