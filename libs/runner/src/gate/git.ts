import { runProgram } from './run-program.ts';

/** Asks git something about the repository of a folder. */
export type Git = (args: readonly string[]) => Promise<string>;

const deadlineMs = 300_000;
// a hook of git sets these for its own repository; they would lead away from the folder
const ownVariables = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR'];

/** @returns git for a folder: takes arguments, returns what it wrote to stdout without blanks around. */
export function gitIn(cwd: string, signal: AbortSignal): Git {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ownVariables.includes(name)),
  );
  return async (args) => (await runProgram('git', args, { cwd, signal, deadlineMs, env })).trim();
}
