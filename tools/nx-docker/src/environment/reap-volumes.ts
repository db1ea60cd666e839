import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import { isStatus } from '../engine/engine-error.ts';
import { isLeft, labelsOfRun, runLabel } from './container-spec.ts';

const listAnswer = z.object({
  Volumes: z
    .array(z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() }))
    .nullish(),
});

/**
 * Removes the volumes of a run that this host started, or of every run whose runner is known to have ended, that are left
 * without a container.
 * @returns a line for each.
 */
export async function reapVolumes(
  engine: Engine,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = { label: labelsOfRun(runId) };
  const { Volumes } = await engine.ask(
    { method: 'GET', path: '/volumes', query: { filters }, signal },
    listAnswer,
  );
  const lines: string[] = [];
  for (const { Name, Labels } of Volumes ?? []) {
    if (!isLeft(Labels ?? {}, runId, engine)) continue;
    try {
      await engine.call({ method: 'DELETE', path: `/volumes/${Name}`, signal, deadlineMs: 30_000 });
      lines.push(`volume ${Name} of run ${Labels?.[runLabel] ?? '?'}`);
    } catch (error) {
      // 404 gone already
      if (!isStatus(error, 404)) throw error;
    }
  }
  return lines;
}
