import type { Engine } from '../engine/connect-engine.ts';
import { isStatus } from '../engine/engine-error.ts';

/**
 * Removes an image with its tags, unless a container uses it.
 * @returns whether it is gone now and was there before.
 */
export async function removeImage(engine: Engine, id: string, signal: AbortSignal): Promise<boolean> {
  // an image with several tags is removed by its ID only with force, and force takes it from under a stopped container
  const used = await engine.call({
    method: 'GET',
    path: '/containers/json',
    query: { all: true, filters: { ancestor: [id] } },
    signal,
  });
  if (used.trim() !== '[]') return false;
  try {
    await engine.call({
      method: 'DELETE',
      path: `/images/${id}`,
      query: { force: true },
      signal,
      deadlineMs: 60_000,
    });
    return true;
  } catch (error) {
    if (isStatus(error, 404, 409)) return false;
    throw error;
  }
}
