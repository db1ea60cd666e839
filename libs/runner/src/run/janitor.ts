import { fileURLToPath } from 'node:url';
import { postStandBy, type StandBy } from '@tare/metrics';

const processFile = fileURLToPath(import.meta.url).replace(/janitor\.([jt]s)$/, 'janitor-process.$1');

/**
 * Posts a process that cleans up after this one in case it cannot do so itself: when this one ends without having dismissed
 * it (SIGKILL, a closed terminal, the task runner's impatience after Ctrl-C), it reaps what the run had started. The
 * environments of the configuration know how.
 * @param environments the names of those that the run measures: others have nothing of it, and some take seconds to ask.
 */
export function postJanitor(configPath: string, runId: string, environments: readonly string[]): StandBy {
  return postStandBy(processFile, [configPath, runId, ...environments]);
}
