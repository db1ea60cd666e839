import { fileURLToPath } from 'node:url';
import { postStandBy, type StandBy } from '@tare/metrics';

const processFile = fileURLToPath(import.meta.url).replace(/janitor\.([jt]s)$/, 'janitor-process.$1');

/**
 * Posts a process that cleans up after this one in case it cannot do so itself: when this one ends without having dismissed
 * it (SIGKILL, a closed terminal, the task runner's impatience after Ctrl-C), it reaps what the run had started. The
 * environments of the configuration know how.
 */
export function postJanitor(configPath: string, runId: string): StandBy {
  return postStandBy(processFile, [configPath, runId]);
}
