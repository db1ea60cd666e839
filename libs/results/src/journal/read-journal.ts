import type { Diagnostic, Trial } from '../run-file.ts';
import { journalFiles, readHeader, readIfThere } from './journal-files.ts';
import type { JournalHeader } from './journal-header.ts';
import { parseTrialLines } from './trial-lines.ts';

/** A run as far as it got. */
export type JournalContent = {
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
