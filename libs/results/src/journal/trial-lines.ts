import { trialSchema } from '../run-file.ts';
import type { Trial } from '../run-file.ts';
import { schemaProblem } from '../schema-problem.ts';

const newline = 0x0a;

/** The trials of a journal, and how far its bytes can be trusted. */
export type TrialLines = {
  readonly trials: readonly Trial[];
  /** Length of the whole lines; what follows was torn by a crash. */
  readonly safeBytes: number;
  /** Number of the torn last line, from 1; null when there is none. */
  readonly tornLine: number | null;
};

/**
 * Reads the lines of trials.jsonl. A last line that has no end or is no JSON is what a crash leaves, and is not read.
 * @param path of the file, for messages.
 * @throws Error, one line with the line's number, when another line is no JSON or any line is no trial.
 */
export function parseTrialLines(bytes: Buffer, path: string): TrialLines {
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
    const result = trialSchema.safeParse(parsed.data);
    if (!result.success)
      throw new Error(`${path}: line ${line}: ${schemaProblem(result.error, parsed.data)}`);
    trials.push(result.data);
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
