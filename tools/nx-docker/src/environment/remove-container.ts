import type { Engine } from '../engine/connect-engine.ts';
import { isStatus } from '../engine/engine-error.ts';

/**
 * Ends a container and removes it with what it wrote.
 * @param graceS seconds for the app to end by itself; 0 to kill it.
 */
export async function removeContainer(
  engine: Engine,
  name: string,
  graceS: number,
  signal: AbortSignal,
): Promise<void> {
  const tolerate = (error: unknown): void => {
    // 304 ended already, 404 gone already, 409 being removed
    if (!isStatus(error, 304, 404, 409)) throw error;
  };
  const path = `/containers/${name}`;
  if (graceS > 0) {
    await engine
      .call({
        method: 'POST',
        path: `${path}/stop`,
        query: { t: graceS },
        signal,
        deadlineMs: graceS * 1000 + 20_000,
      })
      .catch(tolerate);
  }
  await engine
    .call({ method: 'DELETE', path, query: { force: true, v: true }, signal, deadlineMs: 30_000 })
    .catch(tolerate);
}
