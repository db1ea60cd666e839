import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, processesWithVariable } from '@tare/metrics';

/** The environment variable that carries the run's id into every process that a run starts. */
export const runVariable = 'TARE_RUN';

/** The environment variable that names the environment that a process was started by. */
export const environmentVariable = 'TARE_ENVIRONMENT';

/**
 * Ends processes that a killed run left behind, known by the run's id in their environment.
 * @param environment only those that this environment started.
 * @param runId only those of this run; undefined for those of every run.
 * @returns a line for each that was ended.
 */
export async function reapProcesses(
  environment: string,
  runId: string | undefined,
): Promise<readonly string[]> {
  const ours = new Set(
    processesWithVariable(environmentVariable)
      .filter(({ value }) => value === environment)
      .map(({ pid }) => pid),
  );
  const found = processesWithVariable(runVariable).filter(
    ({ pid, value }) => ours.has(pid) && pid !== process.pid && (runId === undefined || value === runId),
  );
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended since it was listed
    }
  }
  const deadline = performance.now() + 5000;
  while (found.some(({ pid }) => findProcess(pid) !== undefined) && performance.now() < deadline)
    await sleep(10);
  return found.map(({ pid, command, value }) => `process ${pid} (${command}) of run ${value}`);
}
