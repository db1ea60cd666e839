import { appendFile } from 'node:fs/promises';
import { fileProblem } from '../file-problem.ts';
import type { Repeat, TrialSample } from '../run-file.ts';

/** A trial that came to nothing, with the readings that there were when it failed. */
export type TrialFailure = Repeat & { readonly samples: readonly TrialSample[] };

/** Appends a line and flushes it. @throws Error, one line, when it cannot be written. */
export async function appendFailure(path: string, failure: TrialFailure): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(failure)}\n`, { flush: true });
  } catch (error) {
    throw fileProblem(path, 'not written', error);
  }
}
