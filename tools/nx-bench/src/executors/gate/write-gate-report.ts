import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gateJunit, gateMarkdown, replaceFiles } from '@tare/report';
import type { GateResult } from '@tare/results';

/** Writes `gate.json`, `gate.md` and `gate.junit.xml` into a folder, all or none. @throws Error of the file system. */
export async function writeGateReport(folder: string, result: GateResult): Promise<void> {
  await replaceFiles([
    { path: join(folder, 'gate.json'), text: `${JSON.stringify(result, null, 2)}\n` },
    { path: join(folder, 'gate.md'), text: gateMarkdown(result) },
    { path: join(folder, 'gate.junit.xml'), text: gateJunit(result) },
  ]);
}

/**
 * Appends the result to the page of a job on GitHub Actions, whose file is named by the variable GITHUB_STEP_SUMMARY.
 * @throws Error in one line when it cannot be written.
 */
export async function appendStepSummary(
  result: GateResult,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const path = variables.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') return;
  try {
    await appendFile(path, `${gateMarkdown(result)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Variable GITHUB_STEP_SUMMARY: cannot append to "${path}" (${reason}); expected a file that you may write.`,
      { cause },
    );
  }
}
