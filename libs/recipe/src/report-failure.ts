/** Runs the work of a task; a failure becomes its message, without a stack, and an unsuccessful task. */
export async function reportFailure(work: () => Promise<boolean>): Promise<{ success: boolean }> {
  try {
    return { success: await work() };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { success: false };
  }
}
