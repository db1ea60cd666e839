import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { counted } from '@tare/statistics';
import { z } from 'zod';
import { checkData, parseFile } from './parse-file.ts';
import { diagnosticSchema, repeatSchema, runFileSchema, trialSchema } from './run-file.ts';
import type { Diagnostic, Repeat, Trial } from './run-file.ts';
import { errorCode, fileProblem, flushFolder, writeJson } from './write-aside.ts';

/** The environments' requests per second in the open-loop window, where there is one. */
const rateSchema = z.strictObject({
  workload: z.string(),
  environment: z.string(),
  rps: z.number().positive(),
});

/** What is known of a run before its first trial: with the lines of the journal all that its run file is made of. */
export const journalHeaderSchema = runFileSchema
  .pick({
    schema: true,
    id: true,
    startedAt: true,
    seed: true,
    host: true,
    config: true,
    artifacts: true,
    environments: true,
    warmUps: true,
    diagnostics: true,
  })
  .extend({
    asks: z.enum(['run', 'gate', 'calibration']).describe('Whose run it is; only a run can be resumed.'),
    wanted: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('fixed'), rounds: z.int().positive() }),
        z.strictObject({
          kind: z.literal('looks'),
          looks: z.array(z.int().positive()).optional(),
          max: z.int().positive(),
          calm: z.int().positive().optional(),
          until: z.enum(['decided', 'rounds', 'budget']),
        }),
      ])
      .describe('How many rounds the run was to have.'),
    margins: z.record(z.string(), z.number().nonnegative()),
    unjudged: z.array(z.string()).describe('Environments that get no verdict.'),
    rates: z.array(rateSchema),
    requests: z
      .record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))
      .describe('SHA-256 of the mix of requests of each workload.'),
  });

export type JournalHeader = z.infer<typeof journalHeaderSchema>;

const round = z.int().positive();
const when = {
  at: z.iso.datetime(),
  elapsedMs: z.number().nonnegative().describe('Time that the rounds had taken, without interruptions.'),
  restMs: z.number().nonnegative().describe('Of that, the part of the environments that get verdicts.'),
};

export const journalLineSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('starts'),
    round,
    workload: z.string(),
    starts: z.record(z.string(), z.array(z.number().positive())).describe('Milliseconds by environment.'),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('trials'),
    trials: z.array(trialSchema).min(1).describe('Those that were up side by side, or one.'),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('repeat'),
    repeat: repeatSchema,
    samples: trialSchema.shape.samples.optional().describe('Readings of a trial that failed, up to then.'),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('lost'),
    name: z.string(),
    round,
    reason: z.string(),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('round'),
    round,
    told: z.array(z.string()).describe('What environments told for the first time in this round.'),
    ...when,
  }),
  z.strictObject({
    kind: z.literal('decision'),
    round,
    message: z.string().describe('What was decided after this round, in a line.'),
    diagnostic: diagnosticSchema.optional(),
    plan: runFileSchema.shape.plan.optional(),
    ...when,
  }),
  z.strictObject({ kind: z.literal('resumed'), ...when }),
  z.strictObject({ kind: z.literal('ended'), plan: runFileSchema.shape.plan, ...when }),
]);

export type JournalLine = z.infer<typeof journalLineSchema>;

/** The lines of a run, each safe on the disk as soon as it is written. */
export type Journal = {
  /**
   * Adds a line; resolves when it has reached the disk. Calls are written one after the other.
   * @throws Error, one line, when it is invalid or not written; the lines before it stay whole and readable.
   */
  readonly append: (line: JournalLine) => Promise<void>;
  /** Waits for what is being written and releases the file. May be called twice. */
  readonly close: () => Promise<void>;
};

/**
 * Opens the journal of a run: a folder with header.json and journal.jsonl. In a folder that already holds this run, the journal
 * continues after the whole lines; the one that a crash tore is removed.
 * @param folder of one run, created when missing: reports/runs/<id>.
 * @throws Error, one line, when the header is invalid, the folder holds another run or a damaged one, or cannot be written.
 */
export async function openJournal(folder: string, header: JournalHeader): Promise<Journal> {
  const files = journalFiles(folder);
  const checked = checkData(journalHeaderSchema, header, files.header);
  const present = await readHeader(files.header);
  const written = await readIfThere(files.lines);
  if (present !== null) requireSameRun(present, checked, files.header);
  else if (written !== null)
    throw new Error(`${files.lines}: is there without header.json, expected an empty folder`);
  else await writeJson(journalHeaderSchema, files.header, checked);

  const whole = parseLines(written ?? Buffer.alloc(0), files.lines);
  const file = await openAfter(whole, folder, files.lines);
  return journalIn(file, files.lines, whole);
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

async function openAfter(whole: WholeLines, folder: string, path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'a');
    if (whole.tornLine !== null) await file.truncate(whole.safeBytes);
    await flushFolder(folder);
    return file;
  } catch (error) {
    throw fileProblem(path, 'not opened', error);
  }
}

function journalIn(file: FileHandle, path: string, whole: WholeLines): Journal {
  let safeTrials = trialsIn(whole.lines);
  let safeBytes = whole.safeBytes;
  let torn = false;
  let last: Promise<unknown> = Promise.resolve();

  async function write(line: JournalLine): Promise<void> {
    const name = nameOf(line);
    const checked = checkData(journalLineSchema, line, `${path}: ${name} is invalid`);
    const bytes = Buffer.from(`${JSON.stringify(checked)}\n`);
    try {
      // What a failed write left would otherwise be a damaged line in the middle.
      if (torn) await file.truncate(safeBytes);
      torn = true;
      await file.appendFile(bytes);
      await file.sync();
      torn = false;
    } catch (error) {
      const safe = `${counted(safeTrials, 'trial')} before it ${safeTrials === 1 ? 'is' : 'are'} safe`;
      throw fileProblem(path, `${name} not written`, error, safe);
    }
    safeTrials += trialsIn([line]);
    safeBytes += bytes.length;
  }

  return {
    append: (line) => {
      const done = last.then(() => write(line));
      // The caller gets the failure from `done`; the next line must not fail with it.
      last = done.catch(() => undefined);
      return done;
    },
    close: async () => {
      await last;
      await file.close();
    },
  };
}

function trialsIn(lines: readonly JournalLine[]): number {
  return lines.reduce((sum, line) => sum + (line.kind === 'trials' ? line.trials.length : 0), 0);
}

/** What a line is about, for messages. */
function nameOf(line: JournalLine): string {
  if (line.kind !== 'trials') return `line "${line.kind}"`;
  const [{ round: number = 0, workload = '' } = {}] = line.trials;
  const names = line.trials.map(({ environment }) => `"${environment}"`).join(', ');
  return `trial of ${names} in round ${number} of "${workload}"`;
}

/** A run as far as it got. */
export type JournalContent = {
  readonly header: JournalHeader;
  readonly lines: readonly JournalLine[];
  /** Says when a torn last line was dropped. */
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * Reads the journal of a run. The line that a crash tore is dropped, and a diagnostic says so.
 * @param folder of one run: reports/runs/<id>.
 * @throws Error, one line that names the file, and the line, when it is missing or damaged elsewhere.
 */
export async function readJournal(folder: string): Promise<JournalContent> {
  const files = journalFiles(folder);
  const header = await readHeader(files.header);
  if (header === null) throw new Error(`${files.header}: not there, expected the header of a run`);
  const { lines, tornLine } = parseLines((await readIfThere(files.lines)) ?? Buffer.alloc(0), files.lines);
  const message = `${files.lines}: line ${tornLine} was cut off and is left out; whole lines: ${lines.length}`;
  return {
    header,
    lines,
    diagnostics: tornLine === null ? [] : [{ level: 'warning', code: 'journal-torn-line', message }],
  };
}

/** What was measured of a round. */
export type JournalRound = {
  readonly round: number;
  /** Whether it was completed. */
  readonly isWhole: boolean;
  /** Those of the last attempt. */
  readonly trials: readonly Trial[];
  /** Starts in turn of the last attempt, in milliseconds, by workload and environment. */
  readonly starts: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** The attempts that were given up. */
  readonly repeats: readonly Repeat[];
  readonly lost: readonly { readonly name: string; readonly round: number; readonly reason: string }[];
  readonly told: readonly string[];
  readonly decisions: readonly Extract<JournalLine, { kind: 'decision' }>[];
  /** Of the whole run, when this round was complete, or when its last line was written. */
  readonly elapsedMs: number;
  readonly restMs: number;
};

/** What was measured, round by round. Pure. */
export function roundsIn(lines: readonly JournalLine[]): readonly JournalRound[] {
  const rounds = new Map<number, JournalRound>();
  for (const line of lines) {
    const number = roundOf(line);
    if (number === undefined) continue;
    const known = rounds.get(number) ?? emptyRound(number);
    const { elapsedMs, restMs } = known.isWhole ? known : line;
    rounds.set(number, { ...afterLine(known, line), elapsedMs, restMs });
  }
  return [...rounds.values()].toSorted((one, other) => one.round - other.round);
}

function emptyRound(number: number): JournalRound {
  const nothing = { trials: [], starts: {}, repeats: [], lost: [], told: [], decisions: [] };
  return { round: number, isWhole: false, ...nothing, elapsedMs: 0, restMs: 0 };
}

function roundOf(line: JournalLine): number | undefined {
  switch (line.kind) {
    case 'trials':
      return line.trials[0]?.round;
    case 'repeat':
      return line.repeat.round;
    case 'resumed':
    case 'ended':
      return undefined;
    case 'starts':
    case 'lost':
    case 'round':
    case 'decision':
      return line.round;
  }
}

function afterLine(known: JournalRound, line: JournalLine): JournalRound {
  switch (line.kind) {
    case 'starts':
      return { ...known, starts: { ...known.starts, [line.workload]: line.starts } };
    case 'trials':
      return { ...known, trials: [...known.trials, ...line.trials] };
    case 'repeat':
      return { ...known, trials: [], starts: {}, repeats: [...known.repeats, line.repeat] };
    case 'lost':
      return { ...known, lost: [...known.lost, { name: line.name, round: line.round, reason: line.reason }] };
    case 'round':
      return { ...known, isWhole: true, told: line.told };
    case 'decision':
      return { ...known, decisions: [...known.decisions, line] };
    case 'resumed':
    case 'ended':
      return known;
  }
}

/** Paths of the two files of a journal. */
function journalFiles(folder: string): { readonly header: string; readonly lines: string } {
  return { header: join(folder, 'header.json'), lines: join(folder, 'journal.jsonl') };
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

/** The lines of a journal, and how far its bytes can be trusted. */
type WholeLines = {
  readonly lines: readonly JournalLine[];
  /** Length of the whole lines; what follows was torn by a crash. */
  readonly safeBytes: number;
  /** Number of the torn last line, from 1; null when there is none. */
  readonly tornLine: number | null;
};

/**
 * Reads the lines of journal.jsonl. A crash leaves a last line that has no end or is not JSON; it is not read.
 * @param path of the file, for messages.
 * @throws Error, one line with the line's number, when another line is not JSON or any line is none of a journal.
 */
function parseLines(bytes: Buffer, path: string): WholeLines {
  const lines: JournalLine[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    const number = lines.length + 1;
    const isLast = end === -1 || end === bytes.length - 1;
    const parsed = end === -1 ? null : parseLine(bytes.toString('utf8', start, end));
    if (parsed === null) {
      if (isLast) return { lines, safeBytes: start, tornLine: number };
      throw new Error(`${path}: line ${number}: is not JSON`);
    }
    lines.push(checkData(journalLineSchema, parsed.data, `${path}: line ${number}`));
    start = end + 1;
  }
  return { lines, safeBytes: bytes.length, tornLine: null };
}

function parseLine(text: string): { readonly data: unknown } | null {
  try {
    return { data: JSON.parse(text) };
  } catch {
    return null;
  }
}
