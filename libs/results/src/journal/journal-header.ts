import type { z } from 'zod';
import { runFileSchema } from '../run-file.ts';

/** What is known of a run before its first trial; enough to go on with it after a crash. */
export const journalHeaderSchema = runFileSchema.pick({
  schema: true,
  id: true,
  startedAt: true,
  seed: true,
  host: true,
  config: true,
  artifacts: true,
});

export type JournalHeader = z.infer<typeof journalHeaderSchema>;
