import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import { isStatus } from '../engine/engine-error.ts';
import { isLeft, labelsOfRun, runLabel } from './container-spec.ts';
import { removeContainer } from './container.ts';

const containersAnswer = z.array(
  z.object({ Id: z.string(), Names: z.array(z.string()), Labels: z.record(z.string(), z.string()) }),
);

/**
 * Removes the containers of a run that this host started, or of every run whose runner is known to have ended.
 * @returns a line for each.
 */
export async function reapContainers(
  engine: Engine,
  runId: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = { label: labelsOfRun(runId) };
  const found = await engine.ask(
    { method: 'GET', path: '/containers/json', query: { all: true, filters }, signal },
    containersAnswer,
  );
  const lines: string[] = [];
  for (const { Id, Names, Labels } of found) {
    if (!isLeft(Labels, runId, engine)) continue;
    await removeContainer(engine, Id, 0, signal);
    lines.push(`container ${Names[0]?.slice(1) ?? Id} of run ${Labels[runLabel] ?? '?'}`);
  }
  return lines;
}

const volumesAnswer = z.object({
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
    volumesAnswer,
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
