import { z } from 'zod';

/** A line of the guest's journal, at its monotonic microseconds. */
export type JournalLine = { readonly atUs: number; readonly message: string };

const entrySchema = z.object({
  __MONOTONIC_TIMESTAMP: z.string().regex(/^\d+$/),
  // journalctl writes bytes that are not UTF-8 as an array of numbers, and null for what is too long
  MESSAGE: z.union([z.string(), z.array(z.int()), z.null()]).optional(),
});

/**
 * Reads the output of `journalctl -o json`: one object per line (systemd, Journal JSON Format).
 * @throws Error that shows the line when one is not an entry.
 */
export function parseJournal(text: string): readonly JournalLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      try {
        const { __MONOTONIC_TIMESTAMP: at, MESSAGE: said } = entrySchema.parse(JSON.parse(line));
        const message = typeof said === 'string' ? said : Buffer.from(said ?? []).toString('utf8');
        return { atUs: Number(at), message };
      } catch (cause) {
        throw new Error(`not an entry of the journal: "${line.slice(0, 120)}"`, { cause });
      }
    });
}
