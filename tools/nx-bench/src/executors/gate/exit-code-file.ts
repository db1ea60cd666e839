import { readFile, writeFile } from 'node:fs/promises';

/** Names the file that a gate writes its exit code to: Nx itself ends with 0 or 1. */
export const exitCodeVariable = 'TARE_GATE_EXIT_CODE_FILE';

/** Writes the exit code to the file that the variable names; does nothing without it. */
export async function reportExitCode(
  exitCode: number,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const path = variables[exitCodeVariable];
  if (path !== undefined && path !== '') await writeFile(path, String(exitCode));
}

/** @returns the exit code in a file; undefined when no gate has written one. */
export async function readExitCode(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^[0-3]$/.test(text) ? Number(text) : undefined;
}
