import { z } from 'zod';
import type { Engine } from '../engine/connect-engine.ts';
import { isLeft, labelsOfRun, runLabel } from './container-spec.ts';
import { removeContainer } from './remove-container.ts';

const listAnswer = z.array(
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
    listAnswer,
  );
  const lines: string[] = [];
  for (const { Id, Names, Labels } of found) {
    if (!isLeft(Labels, runId, engine)) continue;
    await removeContainer(engine, Id, 0, signal);
    lines.push(`container ${Names[0]?.slice(1) ?? Id} of run ${Labels[runLabel] ?? '?'}`);
  }
  return lines;
}
