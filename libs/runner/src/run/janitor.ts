import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '@tare/metrics';

/** Stands by to clean up after this process in case it cannot do so itself. */
export interface Janitor {
  /** The run has cleaned up itself: nothing to do. */
  dismiss(): void;
}

const processFile = fileURLToPath(import.meta.url).replace(/janitor\.([jt]s)$/, 'janitor-process.$1');

/**
 * Starts a process of its own session that waits for the end of this one. When this one ends without having dismissed
 * it (SIGKILL, a closed terminal, the task runner's impatience after Ctrl-C), it reaps what the run had started: the
 * environments of the configuration know how.
 */
export function postJanitor(configPath: string, runId: string): Janitor {
  const child = spawn(process.execPath, [processFile, configPath, runId], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: childEnvironment(),
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  // it outlives this process, which must not wait for it
  child.unref();
  return {
    dismiss: () => {
      child.stdin.end('dismissed');
    },
  };
}
