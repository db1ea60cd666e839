import { checkRun } from './parse-run-file.ts';
import type { RunFile } from './run-file.ts';
import { writeAside } from './write-aside.ts';

/**
 * Validates a run and writes it, whole or not at all; creates the folder. A run that was there before stays until then.
 * @throws Error, one line that names the file and what is wrong with the run, or why it could not be written.
 */
export async function writeRunFile(path: string, run: RunFile): Promise<void> {
  await writeAside(path, `${JSON.stringify(checkRun(run, path), null, 2)}\n`);
}
