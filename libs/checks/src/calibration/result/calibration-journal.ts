import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealRun } from '../comparisons/real-comparison.ts';
import type { Check } from './calibration-file.ts';

/** A line of the journal: what there is so far, should the calibration not come to its end. */
export type JournalLine =
  { readonly kind: 'check'; readonly check: Check } | { readonly kind: 'run'; readonly run: RealRun };

/**
 * Appends a line to calibration.jsonl and flushes it; creates the folder.
 * @throws Error, one line that names the file, when it cannot be written.
 */
export async function journalCalibration(folder: string, line: JournalLine): Promise<void> {
  const path = join(folder, 'calibration.jsonl');
  try {
    await mkdir(folder, { recursive: true });
    await appendFile(path, `${JSON.stringify(line)}\n`, { flush: true });
  } catch (cause) {
    throw new Error(`${path}: not written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
