import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Engine } from '../engine/connect-engine.ts';

/**
 * Saves an image as an archive that `docker load` takes, its tag included. Written aside and renamed: there is never half
 * an archive under the name.
 */
export async function saveImage(
  engine: Engine,
  tag: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const aside = `${path}.partial`;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(300_000)]);
  try {
    const answer = await engine.open({ method: 'GET', path: `/images/${tag}/get`, signal: bounded });
    await pipeline(answer, createWriteStream(aside), { signal: bounded });
    await rename(aside, path);
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the image ${tag} could not be saved to ${path}: ${why}`, { cause });
  } finally {
    await rm(aside, { force: true });
  }
}
