import { appendFile } from 'node:fs/promises';
import { renderStepSummary, type ReportModel } from '@tare/report';

/**
 * Appends the conclusion and the tables to the page of a job on GitHub Actions, whose file is named by the variable
 * GITHUB_STEP_SUMMARY.
 * @returns whether there was such a file.
 * @throws Error in one line when it cannot be written.
 */
export async function appendStepSummary(
  report: ReportModel,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const path = variables.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') return false;
  try {
    await appendFile(path, `${renderStepSummary(report)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Variable GITHUB_STEP_SUMMARY: cannot append to "${path}" (${reason}); expected a file that you may write.`,
      { cause },
    );
  }
  return true;
}
