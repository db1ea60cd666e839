/** The janitor's process: reaps a run whose process has ended without having done so itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { standBy } from '@tare/metrics';

const deadlineMs = 120_000;
const secondLookMs = 2000;

const [configPath, runId, ...measured] = await standBy();
if (configPath !== undefined && runId !== undefined) {
  await reapRun(configPath, runId).catch(() => undefined);
}
process.exit(0);

async function reapRun(path: string, id: string): Promise<void> {
  // loaded only now: a janitor that waits costs little
  const { loadConfig } = await import('../config/load-config.ts');
  const { environmentsOf } = await import('../config/resolve-config.ts');
  const { removeLeftClaims } = await import('./host-lock.ts');
  removeLeftClaims();
  const environments = environmentsOf(await loadConfig(path)).filter(({ name }) => measured.includes(name));
  const reap = () =>
    Promise.allSettled(environments.map((each) => each.reap(id, AbortSignal.timeout(deadlineMs))));
  await reap();
  // a daemon may still have been carrying out the dead runner's last order
  await sleep(secondLookMs);
  await reap();
}
