import { plainText } from '@tare/metrics';

/** The message of an error, made harmless to print: it may hold what other programs said. */
export function messageOf(error: unknown): string {
  return plainText(error instanceof Error ? error.message : String(error));
}

/** Runs the work of a task; a failure becomes its message, without a stack, and an unsuccessful task. */
export async function reportFailure(work: () => Promise<boolean>): Promise<{ success: boolean }> {
  try {
    return { success: await work() };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return { success: false };
  }
}
