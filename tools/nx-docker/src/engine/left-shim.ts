import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses } from '@tare/environment';
import { commandLineOf, descendants, findProcess, listProcesses } from '@tare/metrics';
import { z } from 'zod';
import { type Engine, isStatus } from './connect-engine.ts';

const stateAnswer = z.object({ Id: z.string(), State: z.object({ Status: z.string() }) });

const cleanUpMs = 5000;

/**
 * Ends what the runtime keeps on this host of a container whose start has failed: some leave their shim with a sandbox, and the
 * engine forgets them when it removes the container. Call it before that.
 * @throws Error in one line when this user may not.
 */
export async function endLeftShim(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  const found = await engine
    .ask({ method: 'GET', path: `/containers/${name}/json`, signal }, stateAnswer)
    .catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined;
      throw error;
    });
  // one that has run is cleaned up by the engine, which may be at it
  if (found?.State.Status !== 'created') return;
  const shim = shimOf(found.Id);
  if (shim === undefined) return;
  const family = descendants(shim).flatMap((pid) => findProcess(pid) ?? []);
  try {
    process.kill(shim, 'SIGKILL');
  } catch (cause) {
    if (findProcess(shim) === undefined) return;
    throw new Error(`processes of ${name} are left, and this user may not end them: sudo kill -9 ${shim}`, {
      cause,
    });
  }
  // containerd sees that its shim is gone, and lets the runtime delete the container with its control groups
  const deadline = performance.now() + cleanUpMs;
  const isThere = ({ pid, startTicks }: (typeof family)[number]): boolean =>
    findProcess(pid)?.startTicks === startTicks;
  while (family.some(isThere) && performance.now() < deadline) await sleep(20, undefined, { signal });
  await endProcesses(family);
}

/** The process that containerd has started for a container and nothing else. */
function shimOf(id: string): number | undefined {
  return listProcesses().find(({ pid, command }) => {
    if (!command.startsWith('containerd-shim')) return false;
    const words = commandLineOf(pid);
    return words[words.indexOf('-id') + 1] === id;
  })?.pid;
}
