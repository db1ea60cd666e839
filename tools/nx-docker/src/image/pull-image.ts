import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import { inspectImage } from './inspect-image.ts';

const progress = z.object({ error: z.string().optional() });

/**
 * Makes sure that the engine has an image of a registry, pulling it if not.
 * @throws Error with the engine's reason.
 */
export async function pullImage(engine: Engine, reference: string, signal: AbortSignal): Promise<void> {
  if ((await inspectImage(engine, reference, signal)) !== undefined) return;
  const query = { fromImage: reference };
  const events = engine.lines({ method: 'POST', path: '/images/create', query, signal, deadlineMs: 300_000 });
  for await (const line of events) {
    const { error } = progress.parse(line);
    if (error !== undefined) throw new Error(error);
  }
}
